package import HoldpointCore
package import HoldpointPorts
import PostgresClient

extension PostgresJournal {
    /// The queries on this store's connections.
    var queries: JournalQueries {
        JournalQueries(scoped: reader, unscoped: overseer, projects: projects, horizon: horizon)
    }

    /// How often a long transaction of the cluster held the feeds back.
    package var feedStalls: Int64 { horizon.stalls }

    /// Reads; a connection that was cut leaves nothing in doubt.
    func read<Output>(
        _ query: (JournalQueries) async throws(PostgresError) -> Output
    ) async throws(JournalError) -> Output {
        do throws(PostgresError) {
            return try await query(queries)
        } catch {
            throw JournalError(error, reading: true)
        }
    }
}

extension PostgresJournal: Journal {
    package func load(
        _ key: SessionKey, in scope: Scope, usingSnapshot: Bool
    ) async throws(JournalError) -> StoredSession? {
        try await read { queries throws(PostgresError) in
            try await queries.load(key, in: scope, usingSnapshot: usingSnapshot)
        }
    }

    package func find(_ id: SessionID, in scope: Scope) async throws(JournalError) -> SessionIdentity? {
        try await read { queries throws(PostgresError) in try await queries.find(id, in: scope) }
    }

    package func events(
        of key: SessionKey, in scope: Scope, after sequence: Int64, limit: Int
    ) async throws(JournalError) -> [RecordedEvent] {
        try await read { queries throws(PostgresError) in
            try await queries.events(of: key, in: scope, after: sequence, limit: limit)
        }
    }

    package func sessions(_ query: SessionQuery, in scope: Scope) async throws(JournalError) -> [SessionIdentity] {
        try await read { queries throws(PostgresError) in try await queries.sessions(query, in: scope) }
    }

    package func requests(_ query: RequestQuery, in scope: Scope) async throws(JournalError) -> [RequestRecord] {
        try await read { queries throws(PostgresError) in try await queries.requests(query, in: scope) }
    }

    package func request(_ id: RequestID, in scope: Scope) async throws(JournalError) -> RequestRecord? {
        try await read { queries throws(PostgresError) in try await queries.request(id, in: scope) }
    }

    package func secrets(of request: RequestID, in scope: Scope) async throws(JournalError) -> [SealedSecret] {
        try await read { queries throws(PostgresError) in try await queries.secrets(of: request, in: scope) }
    }

    package func idempotencyRecord(
        _ key: String, in scope: Scope
    ) async throws(JournalError) -> IdempotencyRecord? {
        try await read { queries throws(PostgresError) in try await queries.idempotencyRecord(key, in: scope) }
    }

    package func feed(
        in scope: Scope, after position: FeedPosition, limit: Int
    ) async throws(JournalError) -> [FeedItem] {
        try await read { queries throws(PostgresError) in
            try await queries.feed(in: scope, after: position, limit: limit)
        }
    }

    package func feedBounds(in scope: Scope) async throws(JournalError) -> FeedBounds {
        try await read { queries throws(PostgresError) in try await queries.feedBounds(in: scope) }
    }

    package func storedCommand(
        _ id: StoredCommandID, in scope: Scope
    ) async throws(JournalError) -> StoredCommandView? {
        try await read { queries throws(PostgresError) in try await queries.storedCommand(id, in: scope) }
    }

    package func undecided(
        of session: SessionKey, in scope: Scope, limit: Int
    ) async throws(JournalError) -> [StoredCommand] {
        try await read { queries throws(PostgresError) in
            try await queries.undecided(of: session, in: scope, limit: limit)
        }
    }
}

// MARK: Across projects

extension PostgresJournal {
    package func heads(of sessions: [SessionReference]) async throws(JournalError) -> [SessionKey: Int64] {
        try await read { queries throws(PostgresError) in try await queries.heads(of: sessions) }
    }

    package func undecided(
        shards: [Shard], after id: StoredCommandID?, limit: Int
    ) async throws(JournalError) -> [StoredCommand] {
        try await read { queries throws(PostgresError) in
            try await queries.undecided(shards: shards, after: id, limit: limit)
        }
    }

    package func decided(
        among commands: [StoredCommandReference]
    ) async throws(JournalError) -> [StoredCommandID] {
        try await read { queries throws(PostgresError) in try await queries.decided(among: commands) }
    }

    package func deadlines(
        shards: [Shard], from: Timestamp, until: Timestamp, after last: SessionKey?, limit: Int
    ) async throws(JournalError) -> [SessionDeadline] {
        try await read { queries throws(PostgresError) in
            try await queries.deadlines(shards: shards, from: from, until: until, after: last, limit: limit)
        }
    }

    package func standingGroups(among shards: [Shard]) async throws(JournalError) -> [RecoveryGroup] {
        try await read { queries throws(PostgresError) in try await queries.standingGroups(among: shards) }
    }
}
