package import HoldpointCore

/// The secrets of projects, which workflows name where a call authenticates: sealed values under names.
package protocol SecretDirectory: Sendable {
    /// Stores a secret, in the place of one that has its name.
    ///
    /// False, with nothing changed, if none has and the project holds `ProjectSecretLimits.perProject` already. Throws
    /// `refused` if there is no such project.
    func putSecret(_ secret: ProjectSecret, in scope: Scope) async throws(JournalError) -> Bool

    /// The secret of that name.
    func secret(_ name: SecretName, in scope: Scope) async throws(JournalError) -> ProjectSecret?

    /// A page of the project's secrets by name, after `name`, without what is sealed.
    func secrets(
        in scope: Scope, after name: SecretName?, limit: Int
    ) async throws(JournalError) -> [ProjectSecretEntry]

    /// Deletes a secret; false if the project has none of that name.
    func deleteSecret(_ name: SecretName, in scope: Scope) async throws(JournalError) -> Bool
}

/// A secret of a project as it is stored.
package struct ProjectSecret: Sendable, Equatable {
    /// Its name, unique in the project.
    package let name: SecretName
    /// The sealed value: JSON text, bound to the scope and the name.
    package let box: [UInt8]
    /// When it was put last.
    package let updatedAt: Timestamp

    package init(name: SecretName, box: [UInt8], updatedAt: Timestamp) {
        self.name = name
        self.box = box
        self.updatedAt = updatedAt
    }

    /// What lists show of it.
    package var entry: ProjectSecretEntry { ProjectSecretEntry(name: name, updatedAt: updatedAt) }
}

/// What may be told of a project's secret: all but its value.
package struct ProjectSecretEntry: Sendable, Equatable {
    /// Its name.
    package let name: SecretName
    /// When it was put last.
    package let updatedAt: Timestamp

    package init(name: SecretName, updatedAt: Timestamp) {
        self.name = name
        self.updatedAt = updatedAt
    }
}

/// Limits of the secrets of projects; each has a line in docs/operating.md.
package enum ProjectSecretLimits {
    /// Secrets that one project may have.
    package static let perProject = 256
    /// Bytes of one secret's value as JSON text.
    package static let valueBytes = 16_384
}
