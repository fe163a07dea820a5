package import HoldpointCore
package import HoldpointPorts

extension MemoryJournal {
    package func putSecret(_ secret: ProjectSecret, in scope: Scope) async throws(JournalError) -> Bool {
        try store.withState { store throws(JournalError) in try store.putSecret(secret, in: scope) }
    }

    package func secret(_ name: SecretName, in scope: Scope) async throws(JournalError) -> ProjectSecret? {
        store.withState { $0.projectSecrets[scope]?[name] }
    }

    package func secrets(
        in scope: Scope, after name: SecretName?, limit: Int
    ) async throws(JournalError) -> [ProjectSecretEntry] {
        store.withState { $0.secrets(in: scope, after: name, limit: limit) }
    }

    package func deleteSecret(_ name: SecretName, in scope: Scope) async throws(JournalError) -> Bool {
        store.withState { $0.deleteSecret(name, in: scope) }
    }
}
