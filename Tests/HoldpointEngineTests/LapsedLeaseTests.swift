import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// What becomes of a node whose lease has run out before the answer to its renewal has come.
@Suite("A lease that has run out", .timeLimit(.minutes(1))) struct LapsedLeaseTests {
    @Test func `I2: a lease that ran out is not taken for kept, and a deadline that passed meanwhile fires`()
        async throws
    {
        let nodes = try await NodeScene()
        var scene = nodes.scene
        let slow = SlowRenewals(
            base: SharedMemoryJournal(scene.journal, leaseMilliseconds: 120_000), clock: scene.clock)
        scene.decorate = { _ in slow }
        let node = try scene.engine()
        try await nodes.running(node) {
            try await nodes.until { await node.ownedShards == 256 }
            let session = try await nodes.passing {
                let session = try await nodes.scene.start(node).state.identity.id
                let permission: JSONValue = [
                    "type": "permission", "title": "Send it?", "tool": "send", "arguments": [:], "expires_in": 90,
                ]
                _ = try await nodes.scene.open(node, permission, in: session)
                return session
            }
            slow.slowDown()
            try await nodes.until { try await nodes.scene.log(of: session).last?.type.text == "hitl_expired" }
            #expect(slow.joined == 2)
        }
    }

    @Test func `I3: a stored command that waits through takeovers of a living node is not given up for them`()
        async throws
    {
        let nodes = try await NodeScene()
        var scene = nodes.scene
        let line = Line()
        let commits = Line()
        let shared = SharedMemoryJournal(scene.journal, leaseMilliseconds: 120_000)
        scene.decorate = { _ in TwoLines(base: shared, all: line, commits: commits) }
        let node = try scene.engine()
        try await nodes.running(node) {
            try await nodes.until { await node.ownedShards == 256 }
            let session = try await nodes.passing { try await nodes.scene.start(node).state.identity.id }
            commits.cut()
            let result = try await nodes.passing {
                try await node.command(
                    .message("hello"), to: session, in: nodes.scene.scope,
                    options: nodes.scene.options(respondAsync: true))
            }
            guard case .stored(let id, _, _) = result else { throw Surprise("applied at once") }
            for takeovers in 1...7 {
                let lapse = nodes.scene.clock.now().adding(milliseconds: 130_000)
                line.cut()
                try await nodes.until { nodes.scene.clock.now() > lapse }
                line.mend()
                try await nodes.until { await node.statistics().takeovers >= takeovers }
            }
            commits.mend()
            try await nodes.until { try await shared.storedCommand(id, in: nodes.scene.scope)?.outcome != nil }
            let view = try await shared.storedCommand(id, in: nodes.scene.scope)
            guard case .applied = view?.outcome else { throw Surprise("given up: \(String(describing: view))") }
            #expect(view?.command.attempts == 0)
        }
    }

    @Test func `I10: shards whose due work cannot be marked are not served, and the node says why`() async throws {
        let nodes = try await NodeScene()
        var scene = nodes.scene
        let line = Line()
        let commits = Line()
        let marks = Line()
        let shared = SharedMemoryJournal(scene.journal, leaseMilliseconds: 120_000)
        scene.decorate = { _ in TwoLines(base: shared, all: line, commits: commits, marks: marks) }
        let node = try scene.engine()
        try await nodes.running(node) {
            try await nodes.until { await node.ownedShards == 256 }
            let session = try await nodes.passing { try await nodes.scene.start(node).state.identity.id }
            commits.cut()
            _ = try await nodes.passing {
                try await node.command(
                    .message("hello"), to: session, in: nodes.scene.scope,
                    options: nodes.scene.options(respondAsync: true))
            }
            marks.cut()
            line.cut()
            let lapse = nodes.scene.clock.now().adding(milliseconds: 130_000)
            try await nodes.until { nodes.scene.clock.now() > lapse }
            line.mend()
            commits.mend()
            try await nodes.until { await !node.readiness().degradations.isEmpty }
            #expect(
                await node.readiness().degradations == [
                    "due work in shards of a dead node cannot be done yet: unavailable(\"marks are cut\")"
                ])
            #expect(await node.ownedShards == 255)
            marks.mend()
            try await nodes.until { await node.ownedShards == 256 }
            try await nodes.until { await node.readiness().degradations.isEmpty }
        }
    }
}

/// A journal two of whose renewals take a minute each: when the second one is answered, the lease of the one before has
/// run out, and its own still stands at the next.
private final class SlowRenewals: JournalDecorator {
    let base: any Journal
    private let clock: ManualClock
    private let slowOnes = Guarded(0)
    private let joins = Guarded(0)

    init(base: any Journal, clock: ManualClock) {
        self.base = base
        self.clock = clock
    }

    /// How often the store was taken up.
    var joined: Int { joins.withState { $0 } }

    func slowDown() { slowOnes.withState { $0 = 2 } }

    func takeUp(node: NodeName) async throws(JournalError) -> Tenure {
        joins.withState { $0 += 1 }
        return try await base.takeUp(node: node)
    }

    func renew() async throws(JournalError) -> LeaseReport {
        let report = try await base.renew()
        let isSlow = slowOnes.withState { left in
            defer { left = max(0, left - 1) }
            return left > 0
        }
        if isSlow {
            clock.advance(milliseconds: 60_000)
            // Whatever falls due meanwhile has its turn before the answer.
            for _ in 0..<2_000 { await Task.yield() }
        }
        return report
    }
}

/// A journal behind a line that can be cut for all, and others that can be cut for commits or for marks alone.
private struct TwoLines: JournalDecorator {
    let base: any Journal
    let all: Line
    let commits: Line
    var marks = Line()

    func around<Value: Sendable>(
        _ call: @escaping @Sendable (any Journal) async throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        if all.isDown { throw .unavailable("the line is cut") }
        return try await call(base)
    }

    func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        if all.isDown || commits.isDown { throw .unavailable("the line is cut") }
        return try await base.commit(commit)
    }

    func writeDown(_ group: RecoveryGroup) async throws(JournalError) {
        if all.isDown || marks.isDown { throw .unavailable("marks are cut") }
        try await base.writeDown(group)
    }
}
