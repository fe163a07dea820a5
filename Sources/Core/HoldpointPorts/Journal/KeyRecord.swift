package import HoldpointCore

/// What a key lets its holder do.
package enum KeyScope: String, Sendable, Hashable, CaseIterable {
    /// Define and read agents.
    case agents
    /// Read sessions, events, streams and requests.
    case sessionsRead = "sessions:read"
    /// Start and drive sessions.
    case sessionsWrite = "sessions:write"
    /// Answer requests.
    case requestsRespond = "requests:respond"
    /// Answer requests for users of the project.
    case respondAs = "respond_as"
    /// Fetch secret answers.
    case secrets
    /// Put and delete the project's secrets.
    case secretsWrite = "secrets:write"
    /// Pause, resume and look into stored commands.
    case operate
}

/// An API key as it is stored: never the secret itself.
package struct KeyRecord: Sendable, Equatable {
    /// The public id: the middle part of `hp_<id>_<secret>`.
    package let id: String
    /// SHA-256 of the secret part.
    package private(set) var secretDigest: Digest
    /// The tenant it belongs to.
    package let tenant: TenantName
    /// The one project it opens; nil for all of the tenant's.
    package let project: ProjectName?
    /// What it allows.
    package let scopes: Set<KeyScope>
    /// When it was made.
    package let createdAt: Timestamp
    /// The secret that the last rotation replaced, if there was one.
    package private(set) var replaced: ReplacedSecret?
    /// When its secret was last replaced; nil if it has its first one.
    package private(set) var rotatedAt: Timestamp?
    /// When it was revoked; nil if it was not.
    package private(set) var revokedAt: Timestamp?

    package init(
        id: String, secretDigest: Digest, tenant: TenantName, project: ProjectName?, scopes: Set<KeyScope>,
        createdAt: Timestamp, replaced: ReplacedSecret? = nil, rotatedAt: Timestamp? = nil,
        revokedAt: Timestamp? = nil
    ) {
        self.id = id
        self.secretDigest = secretDigest
        self.tenant = tenant
        self.project = project
        self.scopes = scopes
        self.createdAt = createdAt
        self.replaced = replaced
        self.rotatedAt = rotatedAt
        self.revokedAt = revokedAt
    }

    /// Whether a secret of this digest opens at this time; how long the answer takes tells nothing about digests.
    package func admits(_ digest: Digest, at time: Timestamp) -> Bool {
        guard revokedAt == nil else { return false }
        let isCurrent = digest.matches(secretDigest)
        guard let replaced, time < replaced.validUntil else { return isCurrent }
        let isReplaced = digest.matches(replaced.digest)
        return isCurrent || isReplaced
    }

    /// The key after a change; a revoked key stays as it is.
    package func changed(by change: KeyChange) -> KeyRecord {
        guard revokedAt == nil else { return self }
        var record = self
        switch change {
        case .rotate(let digest, let time, let graceEnd):
            record.replaced = ReplacedSecret(digest: secretDigest, validUntil: graceEnd)
            record.secretDigest = digest
            record.rotatedAt = time
        case .revoke(let time):
            record.replaced = nil
            record.revokedAt = time
        }
        return record
    }
}

extension Digest {
    /// Whether two digests are the same; how long the answer takes does not tell where they differ.
    package func matches(_ other: Digest) -> Bool {
        let difference =
            (first.high ^ other.first.high) | (first.low ^ other.first.low)
            | (second.high ^ other.second.high) | (second.low ^ other.second.low)
        return difference == 0
    }
}

/// A secret that has been replaced and opens for a while yet.
package struct ReplacedSecret: Sendable, Equatable {
    /// SHA-256 of the secret.
    package let digest: Digest
    /// From when on it opens no more.
    package let validUntil: Timestamp

    package init(digest: Digest, validUntil: Timestamp) {
        self.digest = digest
        self.validUntil = validUntil
    }
}

/// What may become of a key after it was made.
package enum KeyChange: Sendable, Equatable {
    /// It gets another secret; the one before opens until the grace ends, and the one before that no more.
    case rotate(to: Digest, at: Timestamp, graceEnd: Timestamp)
    /// It opens nothing any more, and stays listed.
    case revoke(at: Timestamp)
}

/// How long a secret that is replaced may go on opening.
package enum KeyGrace {
    /// The grace of a rotation that does not say: a day, in seconds.
    package static let standardSeconds: Int64 = 86_400
    /// The longest grace: thirty days, in seconds.
    package static let maximumSeconds: Int64 = 2_592_000
}
