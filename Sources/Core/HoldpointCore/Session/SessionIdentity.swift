/// Which session: its scope, its internal key and the name its project knows it by.
///
/// A class, since it never changes and goes with every event, view and commit.
package final class SessionIdentity: Sendable {
    /// Tenant and project.
    package let scope: Scope
    /// The internal key, whose last byte is the shard.
    package let key: SessionKey
    /// The name in the API.
    package let id: SessionID

    package init(scope: Scope, key: SessionKey, id: SessionID) {
        self.scope = scope
        self.key = key
        self.id = id
    }
}

extension SessionIdentity: Hashable {
    package static func == (left: SessionIdentity, right: SessionIdentity) -> Bool {
        left === right || (left.key == right.key && left.scope == right.scope && left.id == right.id)
    }

    /// Feeds the key alone: it is unique by itself.
    package func hash(into hasher: inout Swift.Hasher) { hasher.combine(key) }
}
