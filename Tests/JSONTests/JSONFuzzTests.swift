import JSON
import Testing

@Suite struct JSONFuzzTests {
    @Test func `a random value is read back as it was written`() throws {
        for seed in 0..<2_000 {
            var random = SeededGenerator(seed: UInt64(seed))
            let value = RandomJSON.value(using: &random)
            let bytes = value.serialized()
            let again = try JSONParser.parse(bytes)
            #expect(again == value, "seed \(seed)")
            #expect(again.hashValue == value.hashValue, "seed \(seed)")
            #expect(again.serialized() == bytes, "seed \(seed)")
        }
    }

    @Test func `a damaged document is refused or read as what it now says`() throws {
        var accepted = 0
        var refused = 0
        for seed in 0..<6_000 {
            var random = SeededGenerator(seed: UInt64(seed) &+ 1_000_000)
            var bytes = RandomJSON.value(using: &random).serialized()
            for _ in 0..<Int.random(in: 1...3, using: &random) { Self.damage(&bytes, using: &random) }
            do {
                let value = try JSONParser.parse(bytes)
                #expect(try JSONParser.parse(value.serialized()) == value, "seed \(seed)")
                accepted += 1
            } catch {
                #expect(error.offset <= bytes.count && error.line >= 1 && error.column >= 1, "seed \(seed)")
                refused += 1
            }
        }
        #expect(accepted > 300 && refused > 1_000)
    }

    @Test func `a random schema is refused or checks any value within its steps`() throws {
        var compiled = 0
        for seed in 0..<1_500 {
            var random = SeededGenerator(seed: UInt64(seed) &+ 2_000_000)
            let document = RandomSchema.schema(using: &random)
            let limits = JSONSchemaLimits(maximumSteps: 2_000)
            guard let schema = try? JSONSchema(compiling: document, formats: .asserted, limits: limits) else {
                continue
            }
            compiled += 1
            let value = RandomJSON.value(using: &random)
            let found = schema.validate(value)
            #expect(found.count <= 33, "seed \(seed)")
            #expect(found == schema.validate(value), "seed \(seed)")
        }
        #expect(compiled > 300)
    }

    @Test func `a random pattern is refused or matches within its steps`() {
        var compiled = 0
        for seed in 0..<3_000 {
            var random = SeededGenerator(seed: UInt64(seed) &+ 3_000_000)
            let length = Int.random(in: 0..<14, using: &random)
            let text = (0..<length).map { _ in Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &random)] }
            guard let pattern = try? JSONPattern(text.joined()) else { continue }
            compiled += 1
            var steps = 5_000
            let answer = pattern.matches("ab\n1-ab_é😀 aabb", steps: &steps)
            #expect((answer == nil) == (steps <= 0), "seed \(seed)")
        }
        #expect(compiled > 300)
    }

    private static let pieces = [
        "a", "b", ".", "\\d", "\\w", "\\s", "\\b", "[", "]", "^", "$", "(", "(", ")", ")", "(?:", "(?=", "(?!", "(?<=",
        "|",
        "*", "+", "?", "{2}", "{1,3}", "{0,}", "-", "\\p{L}", "\\u{1F600}", "\\x41", "{", "}", "é", "\\",
    ]

    private static let fragments = ["\"", "\\", "[", "]", "{", "}", ",", ":", "\\u", "d800", "e", "-", ".", "\u{1}"]

    private static func damage(_ bytes: inout [UInt8], using random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.removeSubrange(place...)
        case 3: bytes.insert(contentsOf: bytes[place...].prefix(6), at: place)
        default:
            let fragment = fragments[Int.random(in: 0..<fragments.count, using: &random)]
            bytes.insert(contentsOf: Array(fragment.utf8), at: place)
        }
    }
}
