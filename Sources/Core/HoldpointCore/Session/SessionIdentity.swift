/// Which session: its scope, its internal key and the name its project knows it by.
package struct SessionIdentity: Sendable, Hashable {
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
