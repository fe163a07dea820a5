package import HoldpointCore
package import HoldpointPorts
import SQLiteClient

extension SQLiteJournal {
    /// Every project of every tenant, by name: for an operator's tools on this machine, never for a caller (I5).
    package func scopes() async throws(JournalError) -> [Scope] {
        try await read { queries throws(SQLiteError) in
            let select = try queries.connection.statement("SELECT id FROM projects ORDER BY id")
            defer { select.reset() }
            var scopes: [Scope] = []
            while try select.step() { scopes.append(try queries.scope(of: select.integer(0))) }
            return scopes.sorted()
        }
    }
}
