import HoldpointCore
import HoldpointPorts
import PostgresClient
import PostgresJournal
import Testing

/// A node of a test: what it owns as it was told, and whether it was told so in the right order.
final class LeaseNode {
    let name: NodeName
    let journal: PostgresJournal
    private(set) var fences: [Shard: Fence] = [:]

    private init(_ name: NodeName, _ journal: PostgresJournal, _ tenure: Tenure) {
        self.name = name
        self.journal = journal
        for fence in tenure.fences { fences[fence.shard] = fence }
    }

    /// Takes up under a name; the lease stands for a minute, unless it is to be shorter.
    static func join(
        _ name: String, in scene: PostgresScene, lease: Duration = .seconds(60)
    ) async throws -> LeaseNode {
        let journal = try await scene.journal {
            $0.leaseDuration = lease
            $0.takeoverPatience = .milliseconds(50)
        }
        let name = try NodeName(name)
        return LeaseNode(name, journal, try await journal.takeUp(node: name))
    }

    /// Renews, and hands over what is too much.
    func renew() async throws -> LeaseReport {
        let report = try await journal.renew()
        for gain in report.gained {
            #expect(fences[gain.fence.shard].map { $0.epoch < gain.fence.epoch } ?? true)
            fences[gain.fence.shard] = gain.fence
        }
        if report.excess > 0 {
            let leaving = fences.values.sorted { $0.shard < $1.shard }.prefix(report.excess)
            try await journal.handOver(Array(leaving))
            for fence in leaving { fences[fence.shard] = nil }
        }
        return report
    }

    /// Whether renewing tells that the lease is over.
    ///
    /// Asks again while its connections, which may have been cut, are not back.
    func isFenced() async -> Bool {
        while true {
            switch await error({ _ = try await $0.renew() }) {
            case .unavailable, .inDoubt: await Task.yield()
            case let error: return error == .fenced
            }
        }
    }

    /// What a call throws.
    func error(_ body: (PostgresJournal) async throws -> Void) async -> JournalError? {
        do {
            try await body(journal)
            return nil
        } catch {
            return error as? JournalError
        }
    }
}

extension PostgresScene {
    /// Waits until the lease of a node has run out by the server's clock.
    func waitForEnd(ofLeaseOf node: String) async throws {
        try await wait(
            until: "select count(*) from nodes where name = '\(node)' and expires_at <= clock_timestamp()")
    }

    /// Renews nodes in turn until none hands over or gains anything.
    func settle(_ nodes: [LeaseNode]) async throws {
        for _ in 0..<16 {
            var isQuiet = true
            for node in nodes {
                let report = try await node.renew()
                isQuiet = isQuiet && report.excess == 0 && report.gained.isEmpty
            }
            if isQuiet { return }
        }
        Issue.record("the nodes have not come to an end of sharing")
    }

    /// Holds the fences of a node, as a segment of its writer that is under way does, until `body` has ended.
    ///
    /// - Returns: the error with which that transaction ended, if it was cut off.
    /// - Parameter other: connections that hold them instead of this scene's.
    @discardableResult
    func whileWriting(
        of node: String, on other: PostgresPool? = nil, _ body: () async throws -> Void
    ) async throws -> PostgresError? {
        let label = try #require(try await pool.run(Self.label, [.text(node)]).rows.first).text(0)
        var failure: (any Error)?
        do throws(PostgresError) {
            try await (other ?? pool).transaction { transaction throws(PostgresError) in
                _ = try await transaction.run(Self.rename, [.text("\(label):write")])
                _ = try await transaction.run(Self.hold, [.text(node)])
                do { try await body() } catch { failure = error }
                _ = try await transaction.run(Self.rename, [.text("scene")])
            }
        } catch {
            if let failure { throw failure }
            return error
        }
        if let failure { throw failure }
        return nil
    }

    /// Waits until somebody waits for a lock in this database.
    func waitForWaiter() async throws {
        try await wait(
            until: """
                select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()
                """)
    }

    private static let label = PostgresStatement("select label from nodes where name = $1")
    private static let rename = PostgresStatement("select set_config('application_name', $1, false)")
    private static let hold = PostgresStatement("select 1 from fences where node = $1 for key share")
}
