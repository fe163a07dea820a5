package import HoldpointCore
package import HoldpointPorts
import PostgresClient

extension PostgresJournal: PeopleDirectory {
    package func putUser(_ user: UserRecord, in scope: Scope) async throws(JournalError) -> Bool {
        guard let project = try await numbers(of: scope) else {
            throw .refused("the project \(scope) does not exist")
        }
        return try await change { pool throws(PostgresError) in
            try await UserRow.put(user, in: project, on: pool)
        }
    }

    package func user(_ id: UserID, in scope: Scope) async throws(JournalError) -> UserRecord? {
        try await read(in: scope) { project, queries throws(PostgresError) in
            try await UserRow.select(id, in: project, queries)
        } ?? nil
    }

    package func users(in scope: Scope, after id: UserID?, limit: Int) async throws(JournalError) -> [UserRecord] {
        try await read(in: scope) { project, queries throws(PostgresError) in
            try await UserRow.page(after: id, limit: limit, in: project, queries)
        } ?? []
    }

    package func deleteUser(_ id: UserID, in scope: Scope) async throws(JournalError) -> Bool {
        guard let project = try await numbers(of: scope) else { return false }
        return try await change { pool throws(PostgresError) in
            try await UserRow.delete(id, in: project, on: pool)
        }
    }
}
