package import HoldpointCore
package import JSON

/// What the edges may ask about a project's secrets: everything but their values.
package protocol SecretGateway: Sendable {
    /// Seals a value and stores it, in the place of one that has its name (I9).
    ///
    /// Nil, with nothing changed, if none has and the project holds as many as it may.
    func putSecret(
        _ name: SecretName, _ value: SecretValue, in scope: Scope
    ) async throws(GatewayError) -> ProjectSecretEntry?

    /// A page of the project's secrets by name.
    func secrets(
        in scope: Scope, after name: SecretName?, limit: Int
    ) async throws(GatewayError) -> Page<ProjectSecretEntry>

    /// Deletes a secret; false if the project has none of that name.
    func deleteSecret(_ name: SecretName, in scope: Scope) async throws(GatewayError) -> Bool
}

/// The value of a project's secret: a text that is not empty, or an object that is not.
///
/// What is printed of it does not show it, so that it cannot get into a log or an error by accident (I9).
package struct SecretValue: Sendable, CustomStringConvertible, CustomReflectable {
    /// The value itself.
    package let json: JSONValue

    /// Checks the kind and the size of a value.
    package init(_ json: JSONValue) throws(InvalidSecretValue) {
        let isFilled =
            switch json {
            case .string(let text): !text.isEmpty
            case .object(let members): members.count > 0
            default: false
            }
        guard isFilled else { throw InvalidSecretValue(detail: "must be a text or an object, and not empty") }
        guard json.serialized().count <= ProjectSecretLimits.valueBytes else {
            throw InvalidSecretValue(detail: "must be at most \(ProjectSecretLimits.valueBytes) bytes as JSON")
        }
        self.json = json
    }

    package var description: String { "(secret)" }

    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Why a value cannot be a secret; it never repeats the value.
package struct InvalidSecretValue: Error, Sendable, Equatable {
    /// What it must be.
    package let detail: String
}
