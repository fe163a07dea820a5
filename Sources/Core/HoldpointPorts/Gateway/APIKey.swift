package import HoldpointCore

/// An API key in full, `hp_<id>_<secret>`: shown once, when it is made; the store keeps only a digest of the secret.
package struct APIKey: Sendable, Equatable {
    /// The form, for people.
    package static let form =
        "hp_ID_SECRET, with an ID of 1 to 64 letters and digits and a SECRET of 16 to 128 letters, digits, '_' and '-'"

    /// The public part.
    package let id: String
    /// The part that nobody else may know.
    package let secret: String

    /// A random key: 64 bits of id, 256 of secret.
    package init(from entropy: any Entropy) {
        self.init(id: Hexadecimal.encode(entropy.random128().bytes.prefix(8)), from: entropy)
    }

    /// The same id with another secret.
    package init(id: String, from entropy: any Entropy) {
        self.id = id
        secret = entropy.random128().hexadecimal + entropy.random128().hexadecimal
    }

    /// Reads a key; nil if it does not have the form.
    package init?(_ text: String) {
        let parts = text.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "hp" else { return nil }
        guard Self.isID(parts[1]) else { return nil }
        guard (16...128).contains(parts[2].utf8.count),
            parts[2].utf8.allSatisfy({ Self.isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") })
        else { return nil }
        id = String(parts[1])
        secret = String(parts[2])
    }

    /// Whether a text can be the public part of a key.
    package static func isID(_ text: some StringProtocol) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(isAlphanumeric)
    }

    /// The whole key.
    package var text: String { "hp_\(id)_\(secret)" }

    /// What the store keeps of it.
    package func record(
        tenant: TenantName, project: ProjectName?, scopes: Set<KeyScope>, at time: Timestamp, hasher: any Hasher
    ) -> KeyRecord {
        KeyRecord(
            id: id, secretDigest: digest(hasher), tenant: tenant, project: project, scopes: scopes, createdAt: time)
    }

    /// SHA-256 of the secret.
    package func digest(_ hasher: any Hasher) -> Digest { hasher.sha256(Array(secret.utf8)) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
