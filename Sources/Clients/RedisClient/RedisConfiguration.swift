/// Where a server listens.
package enum RedisAddress: Sendable, Equatable {
    /// A host, by name or number, and its port. What travels is not encrypted.
    case host(String, port: UInt16)
    /// The path of a socket in the file system.
    case unixSocket(String)
}

/// Whom a client connects to, as whom, and within which bounds.
///
/// One server, no Sentinel and no Cluster: a cluster's `MOVED` comes back as a refusal. Where the server is behind a
/// network that is not trusted, a tunnel that ends on this machine (such as stunnel) brings the encryption.
package struct RedisConfiguration: Sendable {
    /// Where the server listens.
    package var address: RedisAddress
    /// The user of the access control list; nil is the default user.
    package var user: String?
    /// The password; nil sends no AUTH.
    package var password: String?
    /// The number of the database.
    ///
    /// Channels of PUBLISH and SUBSCRIBE are the same in all of them.
    package var database = 0
    /// How the connections appear in CLIENT LIST, for operators; a server that forbids it is not asked twice.
    package var name: String?
    /// The bounds.
    package var limits = RedisLimits()

    /// A server without a password, database 0.
    package init(address: RedisAddress) {
        self.address = address
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomReflectable {
    /// Where the server listens; neither user nor password.
    package var description: String {
        switch address {
        case .host(let host, let port): "redis at \(host):\(port), database \(database)"
        case .unixSocket(let path): "redis at \(path), database \(database)"
        }
    }

    /// The same, so that no dump shows the password.
    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
