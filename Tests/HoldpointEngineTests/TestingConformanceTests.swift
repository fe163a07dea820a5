import HoldpointPorts
import HoldpointTesting
import Testing

/// The in-memory ports keep the promises that every adapter must keep.
@Suite(.timeLimit(.minutes(1)))
struct TestingConformanceTests {
    @Test(arguments: JournalConformance.cases)
    func `the journal in memory keeps the port's promises`(promise: ConformanceCase<JournalConformance.Store>)
        async throws
    {
        try await promise.run(MemoryJournal(clock: ManualClock()))
    }

    @Test(arguments: JournalConformance.cases)
    func `a faulty journal without faults keeps them too`(promise: ConformanceCase<JournalConformance.Store>)
        async throws
    {
        let base = MemoryJournal(clock: ManualClock())
        let faults = FaultSource(entropy: SeededEntropy(seed: 1))
        try await promise.run(DecoratedStore(journal: FaultyJournal(base, faults: faults), directory: base))
    }

    @Test(arguments: StreamBusConformance.cases)
    func `the streams in memory keep the port's promises`(promise: ConformanceCase<any StreamBus>) async throws {
        try await promise.run(MemoryStreams())
    }

    @Test func `a store that does not check what a verdict rests on breaks the promises about it`() async throws {
        var failures: Set<String> = []
        for promise in JournalConformance.cases where promise.name.contains("reserve") {
            let base = MemoryJournal(clock: ManualClock())
            let journal = UncheckedCountersJournal(base, over: base)
            do {
                try await promise.run(DecoratedStore(journal: journal, directory: base))
            } catch {
                failures.insert(promise.name)
            }
        }
        #expect(
            failures == [
                "a reserve needs the very revision, and a refused one leaves no trace",
                "of commits at once that reserve at one revision exactly one is made",
            ])
    }

    @Test func `a store that lets anybody settle deliveries breaks the promise about it`() async throws {
        var failures: [String] = []
        for promise in JournalConformance.cases where promise.name.contains("deliver") {
            let base = MemoryJournal(clock: ManualClock())
            let journal = UnfencedOutboxJournal(base, over: base)
            do {
                try await promise.run(DecoratedStore(journal: journal, directory: base))
            } catch {
                failures.append(promise.name)
            }
        }
        #expect(failures == ["I2: nobody but the shard's owner says what came of a delivery"])
    }

    /// A suite that nothing can fail would prove nothing.
    @Test func `planted bugs break promises`() async throws {
        let broken = [
            { (base: any Journal) in AcknowledgingJournal(base, entropy: SeededEntropy(seed: 1)) as any Journal },
            { base in ForgetfulInboxJournal(base) as any Journal },
            { base in RepeatingJournal(base, entropy: SeededEntropy(seed: 3), perMille: 1_000) as any Journal },
        ]
        for (index, plant) in broken.enumerated() {
            var failures: [String] = []
            for promise in JournalConformance.cases {
                let base = MemoryJournal(clock: ManualClock())
                do {
                    try await promise.run(DecoratedStore(journal: plant(base), directory: base))
                } catch {
                    failures.append(promise.name)
                }
            }
            #expect(!failures.isEmpty, "planted bug \(index) was not noticed")
        }
    }
}
