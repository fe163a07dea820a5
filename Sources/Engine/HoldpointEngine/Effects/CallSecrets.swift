import HoldpointCore
import HoldpointPorts
import JSON

/// Fetches the secrets that a call names, right before it is sent; nothing else sees them (I9).
struct CallSecrets: Sendable {
    let ports: EnginePorts

    /// The values of the secrets; one that is not there is left out.
    ///
    /// A secret answer is given only to the session whose request it answers: a handle is data, and may have come from
    /// anywhere.
    ///
    /// - Throws: the store's failures, and `corrupt` if a box does not open here.
    func values(
        of references: [SecretReference], for session: SessionIdentity
    ) async throws(JournalError) -> [SecretReference: JSONValue] {
        var values: [SecretReference: JSONValue] = [:]
        let projectSecrets = ProjectSecrets(directory: ports.directory, secretBox: ports.secretBox)
        for reference in references {
            switch reference {
            case .project(let name):
                values[reference] = try await projectSecrets.projectSecret(name, in: session.scope)
            case .request(let handle):
                values[reference] = try await answer(handle, for: session)
            }
        }
        return values
    }

    private func answer(
        _ handle: SecretHandle, for session: SessionIdentity
    ) async throws(JournalError) -> JSONValue? {
        guard let request = try await ports.journal.request(handle.request, in: session.scope),
            request.session.key == session.key
        else { return nil }
        let sealed = try await ports.journal.secrets(of: handle.request, in: session.scope)
        guard let secret = sealed.first(where: { $0.handle == handle }) else { return nil }
        do {
            let plain = try ports.secretBox.open(secret.box, context: handle.sealingContext(in: session.scope))
            return .string(String(decoding: plain, as: UTF8.self))
        } catch {
            throw .corrupt("the sealed value \(handle.field) cannot be opened on this node")
        }
    }
}
