package import HoldpointCore
package import HoldpointPorts
import SQLiteClient

extension SQLiteJournal: PeopleDirectory {
    package func putUser(_ user: UserRecord, in scope: Scope) async throws(JournalError) -> Bool {
        let document = user.document
        return try await write(bytes: 256 + document.count) { database throws(SQLiteError) in
            guard let project = try database.project(scope) else {
                return .failure(.refused("the project \(scope) does not exist"))
            }
            return .success(try UserRow.put(user, document, project: project, on: database.connection))
        }
    }

    package func user(_ id: UserID, in scope: Scope) async throws(JournalError) -> UserRecord? {
        try await read { queries throws(SQLiteError) in
            guard let project = try queries.project(scope) else { return nil }
            return try UserRow.select(id, project: project, on: queries.connection)
        }
    }

    package func users(in scope: Scope, after id: UserID?, limit: Int) async throws(JournalError) -> [UserRecord] {
        try await read { queries throws(SQLiteError) in
            guard let project = try queries.project(scope) else { return [] }
            return try UserRow.page(after: id, limit: limit, project: project, on: queries.connection)
        }
    }

    package func deleteUser(_ id: UserID, in scope: Scope) async throws(JournalError) -> Bool {
        try await write { database throws(SQLiteError) in
            guard let project = try database.project(scope) else { return .success(false) }
            return .success(try UserRow.delete(id, project: project, on: database.connection))
        }
    }
}
