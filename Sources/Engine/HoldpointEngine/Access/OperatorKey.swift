package import HoldpointCore
package import HoldpointPorts

/// The key of whoever runs the server, as far as the engine must know it: never the secret itself.
///
/// It is set where the server is started and not stored, since it belongs to no tenant.
package struct OperatorKey: Sendable {
    private let id: String
    private let secretDigest: Digest

    /// Keeps a digest of the key.
    package init(_ key: APIKey, hasher: any Hasher) {
        id = key.id
        secretDigest = key.digest(hasher)
    }

    /// Whether a bearer token is this key.
    func admits(_ bearer: String, hasher: any Hasher) -> Bool {
        guard let key = APIKey(bearer), key.id == id else { return false }
        return key.digest(hasher).matches(secretDigest)
    }
}
