package import HoldpointCore
package import HoldpointPorts

extension Engine {
    package func putSecret(
        _ name: SecretName, _ value: SecretValue, in scope: Scope
    ) async throws(GatewayError) -> ProjectSecretEntry? {
        let ports = services.ports
        let secret = ProjectSecrets(directory: ports.directory, secretBox: ports.secretBox)
            .sealed(name, value, in: scope, at: ports.clock.now())
        let isStored = try await reading { () throws(JournalError) in
            try await ports.directory.putSecret(secret, in: scope)
        }
        return isStored ? secret.entry : nil
    }

    package func secrets(
        in scope: Scope, after name: SecretName?, limit: Int
    ) async throws(GatewayError) -> Page<ProjectSecretEntry> {
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.directory.secrets(in: scope, after: name, limit: limit + 1)
        }
        return Page(of: found, limit: limit, cursor: \.name.text)
    }

    package func deleteSecret(_ name: SecretName, in scope: Scope) async throws(GatewayError) -> Bool {
        try await reading { () throws(JournalError) in
            try await self.services.ports.directory.deleteSecret(name, in: scope)
        }
    }
}
