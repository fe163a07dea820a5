import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import Testing

/// The ports that tests stand on do what tests believe of them.
@Suite(.timeLimit(.minutes(1)))
struct TestingPortsTests {
    @Test func `guarded state is changed by one at a time`() async {
        let counts = Guarded(Array(repeating: 0, count: 8))
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for _ in 0..<2_000 {
                        counts.withState { counts in
                            counts[task] += 1
                            counts[0] += 1
                        }
                    }
                }
            }
        }
        #expect(counts.withState { $0 } == [18_000] + Array(repeating: 2_000, count: 7))
    }

    @Test func `guarded state survives a body that throws`() {
        let state = Guarded(1)
        #expect(throws: JournalError.overloaded) {
            try state.withState { value throws(JournalError) in
                value = 2
                throw .overloaded
            }
        }
        #expect(state.withState { $0 } == 2)
    }

    @Test func `a manual clock wakes sleepers in the order of their times`() async {
        let clock = ManualClock(now: Timestamp(milliseconds: 0))
        let woken = Guarded<[Int64]>([])
        await withTaskGroup(of: Void.self) { group in
            for time: Int64 in [30, 10, 20] {
                group.addTask {
                    await clock.sleep(until: Timestamp(milliseconds: time))
                    woken.withState { $0.append(time) }
                }
            }
            await clock.waitForSleepers(3)
            #expect(clock.nextWake == Timestamp(milliseconds: 10))
            clock.advance(to: Timestamp(milliseconds: 10))
            await group.next()
            #expect(woken.withState { $0 } == [10])
            clock.advance(milliseconds: 20)
        }
        #expect(woken.withState { $0.sorted() } == [10, 20, 30])
        #expect(clock.now() == Timestamp(milliseconds: 30))
        #expect(clock.nextWake == nil)
    }

    @Test func `a sleep that is over, or cancelled, does not wait`() async {
        let clock = ManualClock(now: Timestamp(milliseconds: 100))
        await clock.sleep(until: Timestamp(milliseconds: 100))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await clock.sleep(until: Timestamp(milliseconds: 200)) }
            await clock.waitForSleepers(1)
            group.cancelAll()
            await group.waitForAll()
            group.addTask { await clock.sleep(until: Timestamp(milliseconds: 300)) }
        }
        #expect(clock.nextWake == nil)
    }

    @Test func `the same seed gives the same chance, another seed another`() {
        func numbers(_ seed: UInt64) -> [UInt64] {
            let entropy = SeededEntropy(seed: seed)
            return (0..<100).map { _ in entropy.next() }
        }
        #expect(numbers(7) == numbers(7))
        #expect(Set(numbers(7) + numbers(8)).count == 200)
        let entropy = SeededEntropy(seed: 1)
        let counts = (0..<3_000).reduce(into: [0, 0, 0]) { counts, _ in counts[entropy.below(3)] += 1 }
        #expect(counts.allSatisfy { (900...1_100).contains($0) })
    }

    @Test func `different bytes have different simulated digests`() {
        let hasher = SimulatedHasher()
        var inputs: [[UInt8]] = [[], [0], [0, 0], [1], [0, 1], [1, 0]]
        for length in 1...64 { inputs.append(Array(repeating: 0xff, count: length)) }
        #expect(Set(inputs.map { hasher.sha256($0) }).count == inputs.count)
        #expect(hasher.sha256([1, 2]) == hasher.sha256([1, 2]))
    }

    @Test func `a simulated box opens with its own context only, differs each time, and shows nothing`() throws {
        let box = SimulatedSecretBox(seed: 1)
        let plain = Array("a secret that is longer than one block of the stream".utf8)
        let first = box.seal(plain, context: "a")
        let second = box.seal(plain, context: "a")
        #expect(first != second)
        #expect(try box.open(first, context: "a") == plain)
        #expect(throws: SecretBoxError.notAuthentic) { try box.open(first, context: "b") }
        for index in first.indices {
            var changed = first
            changed[index] ^= 1
            #expect(throws: SecretBoxError.notAuthentic) { try box.open(changed, context: "a") }
        }
        for start in 0..<(plain.count - 4) { #expect(!first.contains(plain[start..<(start + 4)])) }
        #expect(box.fingerprint(plain, context: "a") == box.fingerprint(plain, context: "a"))
        #expect(box.fingerprint(plain, context: "a") != box.fingerprint(plain, context: "b"))
    }

    @Test func `a reader whose task is cancelled gets nothing and waits no longer`() async {
        let streams = MemoryStreams()
        await withTaskGroup(of: Int.self) { group in
            group.addTask { await streams.nextDoorbells().count }
            group.cancelAll()
            #expect(await group.next() == 0)
        }
    }
}
