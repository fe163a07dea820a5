import FuzzTargets
import HoldpointCore
import JSON
import Testing

/// Each reader of bytes from outside, on the inputs that are kept and on some that are made of them.
///
/// `deploy/test fuzz` runs the same targets for any time, with libFuzzer and AddressSanitizer.
struct FuzzTests {
    /// An input that takes more of the processor hangs; they take less than a millisecond each.
    private static let patience = Duration.seconds(5)
    private static let rounds = 2_500

    @Test(.timeLimit(.minutes(1)), arguments: FuzzTarget.all.map(\.name))
    func `an input that is kept has no finding`(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        for (file, input) in try Corpus.inputs(of: name) { Self.check(input, by: target, file) }
    }

    @Test(.timeLimit(.minutes(2)), arguments: FuzzTarget.all.map(\.name))
    func `an input that is made of those that are kept has no finding`(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let kept = try Corpus.inputs(of: name).map(\.input)
        for seed in 0..<Self.rounds {
            var mutation = Mutation(seed: UInt64(seed), others: kept)
            let input = mutation.change(kept[seed % kept.count])
            Self.check(input, by: target, "seed \(seed)")
        }
    }

    @Test func `every folder of inputs has its target, and every target its inputs`() throws {
        #expect(try Corpus.folders() == FuzzTarget.all.map(\.name).sorted())
    }

    @Test func `the kept records are what their first lines say`() throws {
        var kinds: Set<String> = []
        for (file, input) in try Corpus.inputs(of: "record") where file.hasPrefix("event") || file.hasPrefix("command")
        {
            let head = input.prefix { $0 != 0x0A }
            let words = String(decoding: head, as: UTF8.self).split(separator: " ").map(String.init)
            let data = Array(input.dropFirst(head.count + 1))
            kinds.insert(words[1])
            if words[0] == "event" {
                #expect(try EventRegistry.event(named: words[1], data: data) != nil, "\(file)")
            } else {
                #expect(throws: Never.self, "\(file)") {
                    try CommandRegistry.command(kind: words[1], recorded: try JSONParser.parse(data))
                }
            }
        }
        let all = EventRegistry.types.map { $0.type.text } + CommandRegistry.types.map { $0.kind }
        #expect(kinds == Set(all))
    }

    @Test func `the same seed makes the same input`() {
        let input = Array(#"{"a":[1,2,{"b":"c"}]}"#.utf8)
        for seed in 0..<100 as Range<UInt64> {
            var first = Mutation(seed: seed, others: [input])
            var second = Mutation(seed: seed, others: [input])
            #expect(first.change(input) == second.change(input))
        }
    }

    private static func check(_ input: [UInt8], by target: FuzzTarget, _ source: String) {
        let beginning = ProcessorTime.ofThread
        do {
            try target.check(input)
        } catch {
            let text = String(decoding: input.prefix(2_000), as: UTF8.self)
            Issue.record("\(target.name), \(source): \(error)\nthe input: \(text.debugDescription)")
        }
        let taken = ProcessorTime.ofThread - beginning
        #expect(taken < patience, "\(target.name), \(source): \(input.count) bytes took \(taken)")
    }
}
