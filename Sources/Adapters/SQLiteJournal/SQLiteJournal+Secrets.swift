package import HoldpointCore
package import HoldpointPorts
import SQLiteClient

extension SQLiteJournal: SecretDirectory {
    package func putSecret(_ secret: ProjectSecret, in scope: Scope) async throws(JournalError) -> Bool {
        try await write(bytes: 256 + secret.box.count) { database throws(SQLiteError) in
            guard let project = try database.project(scope) else {
                return .failure(.refused("the project \(scope) does not exist"))
            }
            return .success(try SecretRow.put(secret, project: project, on: database.connection))
        }
    }

    package func secret(_ name: SecretName, in scope: Scope) async throws(JournalError) -> ProjectSecret? {
        try await read { queries throws(SQLiteError) in
            guard let project = try queries.project(scope) else { return nil }
            return try SecretRow.select(name, project: project, on: queries.connection)
        }
    }

    package func secrets(
        in scope: Scope, after name: SecretName?, limit: Int
    ) async throws(JournalError) -> [ProjectSecretEntry] {
        try await read { queries throws(SQLiteError) in
            guard let project = try queries.project(scope) else { return [] }
            return try SecretRow.page(after: name, limit: limit, project: project, on: queries.connection)
        }
    }

    package func deleteSecret(_ name: SecretName, in scope: Scope) async throws(JournalError) -> Bool {
        try await write { database throws(SQLiteError) in
            guard let project = try database.project(scope) else { return .success(false) }
            return .success(try SecretRow.delete(name, project: project, on: database.connection))
        }
    }
}
