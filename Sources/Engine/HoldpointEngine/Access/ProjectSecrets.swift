package import HoldpointCore
package import HoldpointPorts
package import JSON

/// The secrets of projects: sealed when they are put, opened only where a call is about to be sent (I9).
///
/// Nothing is remembered: what is put or deleted counts from the next call on.
package struct ProjectSecrets: Sendable {
    private let directory: any Directory
    private let secretBox: any SecretBox

    /// The secrets behind these ports.
    package init(directory: any Directory, secretBox: any SecretBox) {
        self.directory = directory
        self.secretBox = secretBox
    }

    /// The value of a secret; nil if the project has none of that name, or none can have it.
    ///
    /// - Throws: the store's failures, and `corrupt` if the box does not open here: it is another project's or another
    ///   name's, was changed, or was sealed under a key that is not at hand.
    package func projectSecret(_ name: String, in scope: Scope) async throws(JournalError) -> JSONValue? {
        guard let name = try? SecretName(name), let secret = try await directory.secret(name, in: scope) else {
            return nil
        }
        do {
            return try JSONParser.parse(try secretBox.open(secret.box, context: Self.context(of: name, in: scope)))
        } catch {
            // The error's own words are left out: they might tell of the value.
            throw .corrupt("the secret \(name) cannot be opened on this node")
        }
    }

    /// A secret as the store keeps it.
    func sealed(_ name: SecretName, _ value: SecretValue, in scope: Scope, at time: Timestamp) -> ProjectSecret {
        let box = secretBox.seal(value.json.serialized(), context: Self.context(of: name, in: scope))
        return ProjectSecret(name: name, box: box, updatedAt: time)
    }

    /// What a box is bound to; names hold neither spaces nor slashes, so no two are alike.
    private static func context(of name: SecretName, in scope: Scope) -> String { "project secret \(scope) \(name)" }
}
