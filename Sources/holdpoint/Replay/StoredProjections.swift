import HoldpointCore
import HoldpointPorts

/// The rows that the store keeps beside the logs of one project: what lists and timers go by.
struct StoredProjections: Sendable {
    private static let pageSize = 500

    /// The status of each session, by its row.
    private(set) var statuses: [SessionKey: SessionStatus] = [:]
    /// The next deadline of each session that has one, by its row.
    private(set) var deadlines: [SessionKey: Timestamp] = [:]
    /// The sessions, oldest first.
    private(set) var sessions: [SessionIdentity] = []

    init(of scope: Scope, in journal: any Journal) async throws(JournalError) {
        for status in SessionStatus.allCases {
            var query = SessionQuery(status: status, limit: Self.pageSize)
            while true {
                let page = try await journal.sessions(query, in: scope)
                for session in page { statuses[session.key] = status }
                sessions += page
                guard page.count == Self.pageSize, let last = page.last else { break }
                query.before = last.key
            }
        }
        sessions.sort { $0.key < $1.key }
        try await readDeadlines(of: scope, in: journal)
    }

    private mutating func readDeadlines(of scope: Scope, in journal: any Journal) async throws(JournalError) {
        var from = Timestamp(milliseconds: 0)
        var last: SessionKey?
        while true {
            let page = try await journal.deadlines(
                shards: Shard.all, from: from, until: .distantFuture, after: last, limit: Self.pageSize)
            for deadline in page where deadline.identity.scope == scope {
                deadlines[deadline.identity.key] = deadline.wakeAt
            }
            guard page.count == Self.pageSize, let end = page.last else { return }
            from = end.wakeAt
            last = end.identity.key
        }
    }
}
