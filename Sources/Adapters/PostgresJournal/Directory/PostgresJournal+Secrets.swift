package import HoldpointCore
package import HoldpointPorts
import PostgresClient

extension PostgresJournal: SecretDirectory {
    package func putSecret(_ secret: ProjectSecret, in scope: Scope) async throws(JournalError) -> Bool {
        guard let project = try await numbers(of: scope) else {
            throw .refused("the project \(scope) does not exist")
        }
        return try await change { pool throws(PostgresError) in
            try await SecretRow.put(secret, in: project, on: pool)
        }
    }

    package func secret(_ name: SecretName, in scope: Scope) async throws(JournalError) -> ProjectSecret? {
        try await read(in: scope) { project, queries throws(PostgresError) in
            try await SecretRow.select(name, in: project, queries)
        } ?? nil
    }

    package func secrets(
        in scope: Scope, after name: SecretName?, limit: Int
    ) async throws(JournalError) -> [ProjectSecretEntry] {
        try await read(in: scope) { project, queries throws(PostgresError) in
            try await SecretRow.page(after: name, limit: limit, in: project, queries)
        } ?? []
    }

    package func deleteSecret(_ name: SecretName, in scope: Scope) async throws(JournalError) -> Bool {
        guard let project = try await numbers(of: scope) else { return false }
        return try await change { pool throws(PostgresError) in
            try await SecretRow.delete(name, in: project, on: pool)
        }
    }
}
