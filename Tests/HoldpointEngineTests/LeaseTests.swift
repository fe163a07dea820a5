import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import Testing

/// The store in memory as nodes share it, and what its lock is for.
@Suite(.timeLimit(.minutes(1))) struct LeaseTests {
    private static func store() -> SharedStore {
        let clock = ManualClock()
        let shared = MemoryJournal(clock: clock)
        return SharedStore(
            directory: shared, process: { SharedMemoryJournal(shared) },
            letLeasesPass: { clock.advance(milliseconds: 3_001) })
    }

    @Test(arguments: LeaseConformance.cases)
    func `the leases in memory keep the port's promises`(promise: ConformanceCase<SharedStore>) async throws {
        try await promise.run(Self.store())
    }

    @Test func `I2: without a lock between look and write, a stale owner's commit lands after the takeover`()
        async throws
    {
        #expect(try await landsAfterTakeover(isLocked: false))
        #expect(try await !landsAfterTakeover(isLocked: true))
    }

    /// Lets another node take over while a commit is on its way, and says whether it was written all the same.
    private func landsAfterTakeover(isLocked: Bool) async throws -> Bool {
        let clock = ManualClock()
        let shared = MemoryJournal(clock: clock)
        let scene = try await JournalSceneOfNodes(shared)
        let (stale, heir) = (SharedMemoryJournal(shared), SharedMemoryJournal(shared))
        let fences = try await stale.takeUp(node: NodeName("stale")).fences
        let commit = try scene.commit(under: try #require(fences.first))
        let takeover: @Sendable () async -> Void = {
            clock.advance(milliseconds: 3_001)
            _ = try? await heir.takeUp(node: NodeName("heir"))
        }
        do {
            if isLocked {
                await takeover()
                _ = try await stale.commit(commit)
            } else {
                _ = try await UnlockedJournal(stale, over: shared, between: takeover).commit(commit)
            }
        } catch JournalError.fenced {
            return false
        }
        return shared.contents.session(commit.identity.key, in: commit.identity.scope)?.head == 1
    }
}

/// A project in a store, and the first commit of a session in it.
private struct JournalSceneOfNodes {
    private let scope: Scope

    init(_ store: MemoryJournal) async throws {
        scope = Scope(tenant: try TenantName("acme"), project: try ProjectName("billing"))
        _ = try await store.createTenant(scope.tenant)
        _ = try await store.createProject(scope)
    }

    func commit(under fence: Fence) throws -> SessionCommit {
        let time = Timestamp(milliseconds: 1_763_683_200_000)
        let random = Identifier128(high: 0, low: UInt64(fence.shard.number))
        let data = Array("{}".utf8)
        return SessionCommit(
            identity: SessionIdentity(
                scope: scope, key: SessionKey(time: time, random: random), id: try SessionID("one")),
            fence: fence, expectedHead: 0,
            events: [
                RecordedEvent(
                    sequence: 1, time: time, type: EventType("session_started"), data: data,
                    chain: SimulatedHasher().sha256(data), isOnFeed: false)
            ],
            summary: SessionSummary(
                status: .running, wakeAt: nil, agent: nil, createdAt: time, updatedAt: time))
    }
}
