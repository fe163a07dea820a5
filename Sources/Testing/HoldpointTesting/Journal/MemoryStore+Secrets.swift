import HoldpointCore
import HoldpointPorts

extension MemoryStore {
    mutating func putSecret(_ secret: ProjectSecret, in scope: Scope) throws(JournalError) -> Bool {
        guard projects.contains(scope) else { throw .refused("there is no project \(scope)") }
        let present = projectSecrets[scope] ?? [:]
        guard present[secret.name] != nil || present.count < ProjectSecretLimits.perProject else { return false }
        projectSecrets[scope, default: [:]][secret.name] = secret
        return true
    }

    func secrets(in scope: Scope, after name: SecretName?, limit: Int) -> [ProjectSecretEntry] {
        let found = (projectSecrets[scope] ?? [:]).values.filter { secret in name.map { secret.name > $0 } ?? true }
        return Array(found.map(\.entry).sorted { $0.name < $1.name }.prefix(limit))
    }

    mutating func deleteSecret(_ name: SecretName, in scope: Scope) -> Bool {
        projectSecrets[scope]?.removeValue(forKey: name) != nil
    }
}
