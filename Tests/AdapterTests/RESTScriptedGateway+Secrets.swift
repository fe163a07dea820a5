import HoldpointCore
import HoldpointPorts
import JSON

/// The same gateway's secrets: `invoice`, and room for no more once `isStored` is set.
extension RESTScriptedGateway {
    func putSecret(
        _ name: SecretName, _ value: SecretValue, in scope: Scope
    ) async throws(GatewayError) -> ProjectSecretEntry? {
        try note("putSecret", scope, detail: "\(name) \(value.json.text)")
        return state.isStored ? nil : ProjectSecretEntry(name: name, updatedAt: Timestamp(milliseconds: 0))
    }

    func secrets(
        in scope: Scope, after name: SecretName?, limit: Int
    ) async throws(GatewayError) -> Page<ProjectSecretEntry> {
        try note("projectSecrets", scope, detail: "after \(name?.text ?? "-") limit \(limit)")
        let entry = try? ProjectSecretEntry(name: SecretName("invoice"), updatedAt: Timestamp(milliseconds: 0))
        return Page(items: scope == home ? [entry].compactMap { $0 } : [], nextCursor: state.nextCursor)
    }

    func deleteSecret(_ name: SecretName, in scope: Scope) async throws(GatewayError) -> Bool {
        try note("deleteSecret", scope, detail: name.text)
        return scope == home && name.text == "invoice"
    }
}
