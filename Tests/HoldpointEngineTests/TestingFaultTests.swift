import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import Testing

/// Each fault does what it says, no more and no less.
@Suite(.timeLimit(.minutes(1)))
struct TestingFaultTests {
    private let base = MemoryJournal(clock: ManualClock())
    private let faults = FaultSource(entropy: SeededEntropy(seed: 5))
    private let identity: SessionIdentity
    private let command: StoredCommand

    init() throws {
        let scope = Scope(tenant: try TenantName("acme"), project: try ProjectName("billing"))
        identity = SessionIdentity(
            scope: scope, key: SessionKey(Identifier128(high: 1, low: 7)), id: try SessionID("s"))
        command = StoredCommand(
            id: StoredCommandID(Identifier128(high: 2, low: 2)), session: identity, kind: "answer", sealed: [1],
            principal: .key("k"), receivedAt: Timestamp(milliseconds: 1))
    }

    private func commit(_ fences: [Fence]) throws -> SessionCommit {
        let event = RecordedEvent(
            sequence: 1, time: Timestamp(milliseconds: 1), type: EventType("message_received"), data: Array("{}".utf8),
            chain: .zero, isOnFeed: false)
        let summary = SessionSummary(
            status: .running, wakeAt: nil, agent: try AgentName("clerk"), createdAt: event.time, updatedAt: event.time)
        return SessionCommit(
            identity: identity, fence: fences[7], expectedHead: 0, events: [event], summary: summary,
            sends: [command])
    }

    @Test(arguments: [Fault.commitUnavailable, .commitOverloaded, .commitInDoubtUndone, .commitInDoubtDone])
    func `a failed commit is made only where the fault says so`(fault: Fault) async throws {
        let journal = FaultyJournal(base, faults: faults)
        let commit = try commit(try await journal.takeUp(node: try NodeName("n")).fences)
        faults.arm(fault)
        await #expect(throws: JournalError.self) { _ = try await journal.commit(commit) }
        #expect((base.contents.sessions[identity.key] != nil) == (fault == .commitInDoubtDone))
        #expect((base.contents.inbox[command.id] != nil) == (fault == .commitInDoubtDone))
        #expect(faults.count(of: fault) == 1)
    }

    @Test(arguments: [Fault.storeInDoubtUndone, .storeInDoubtDone, .callUnavailable])
    func `a command is stored only where the fault says so`(fault: Fault) async throws {
        let journal = FaultyJournal(base, faults: faults)
        faults.arm(fault)
        if fault == .callUnavailable {
            await #expect(throws: JournalError.self) {
                _ = try await journal.storedCommand(command.id, in: identity.scope)
            }
        } else {
            await #expect(throws: JournalError.self) { try await journal.store(command) }
            #expect((base.contents.inbox[command.id] != nil) == (fault == .storeInDoubtDone))
        }
        faults.cease()
        _ = try await journal.storedCommand(command.id, in: identity.scope)
    }

    @Test func `deliveries and doorbells are lost, doubled and late as armed`() async {
        let streams = FaultyStreams(MemoryStreams(), faults: faults)
        func bell(_ head: Int64) -> Doorbell { Doorbell(session: identity, head: head, events: [], isOnFeed: false) }
        faults.arm(.doorbellLost)
        streams.ring(bell(1))
        faults.arm(.doorbellLate)
        streams.ring(bell(2))
        faults.arm(.doorbellDoubled)
        streams.ring(bell(3))
        #expect(await streams.nextDoorbells().map(\.head) == [3, 3, 2])
        let delivery = CommandDelivery(command: command.id, session: identity, isAnswer: true)
        let other = CommandDelivery(command: command.id, session: identity, isAnswer: false)
        faults.arm(.deliveryLost)
        streams.deliver(delivery)
        faults.arm(.deliveryLate)
        streams.deliver(delivery)
        faults.arm(.deliveryDoubled)
        streams.deliver(other)
        #expect(await streams.nextDeliveries() == [other, other, delivery])
    }

    @Test func `chance strikes at the rate that was given, until it ceases`() {
        let faults = FaultSource(entropy: SeededEntropy(seed: 9), perMille: [.doorbellLost: 250])
        let struck = (0..<4_000).filter { _ in faults.strikes(.doorbellLost) }.count
        #expect((900...1_100).contains(struck))
        #expect(!(0..<1_000).contains { _ in faults.strikes(.doorbellLate) })
        faults.cease()
        #expect(!(0..<1_000).contains { _ in faults.strikes(.doorbellLost) })
    }

    @Test func `named points are reached in order`() async throws {
        let reached = Guarded<[CrashPoint]>([])
        let journal = WatchedJournal(base) { point in reached.withState { $0.append(point) } }
        let fences = try await journal.takeUp(node: try NodeName("n")).fences
        try await journal.store(command)
        _ = try await journal.commit(try commit(fences))
        let streams = WatchedStreams(MemoryStreams()) { point in reached.withState { $0.append(point) } }
        streams.ring(Doorbell(session: identity, head: 1, events: [], isOnFeed: false))
        let expected: [CrashPoint] = [
            .beforeStore, .afterStore, .beforeCommit, .afterCommit, .beforeDoorbell, .afterDoorbell,
        ]
        #expect(reached.withState { $0 } == expected)
    }

    @Test func `a leaky secret box leaks into fingerprints only`() throws {
        let box = LeakySecretBox(SimulatedSecretBox(seed: 2))
        #expect(box.fingerprint(Array("plain".utf8), context: "c") == "plain")
        #expect(try box.open(box.seal([1, 2], context: "c"), context: "c") == [1, 2])
    }
}
