package import HoldpointCore
package import HoldpointPorts
import SQLiteClient

extension SQLiteJournal {
    package func endedSessions(
        in scope: Scope, shards: [Shard], before time: Timestamp, after last: EndedSession?, limit: Int
    ) async throws(JournalError) -> [EndedSession] {
        try await read { queries throws(SQLiteError) in
            try queries.endedSessions(in: scope, shards: shards, before: time, after: last, limit: limit)
        }
    }

    package func retire(_ retirement: Retirement) async throws(JournalError) -> RetiredPage {
        if let refusal = retirement.refusal { throw refusal }
        return try await write { database throws(SQLiteError) in try database.retire(retirement) }
    }

    package func archive(of id: SessionID, in scope: Scope, page: Int) async throws(JournalError) -> ArchivePage? {
        try await read { queries throws(SQLiteError) in try queries.archive(of: id, in: scope, page: page) }
    }

    package func archivedSessions(
        in scope: Scope, after id: SessionID?, limit: Int
    ) async throws(JournalError) -> [SessionID] {
        try await read { queries throws(SQLiteError) in
            try queries.archivedSessions(in: scope, after: id, limit: limit)
        }
    }
}
