package import HoldpointCore

/// What the edges may ask about a project's users.
package protocol PeopleGateway: Sendable {
    /// Stores a user, in the place of one that has the id.
    ///
    /// Nil, with nothing changed, if none has and the project holds as many as it may.
    func putUser(_ user: User, in scope: Scope) async throws(GatewayError) -> UserRecord?

    /// The user of that id; nil if the project has none.
    func user(_ id: UserID, in scope: Scope) async throws(GatewayError) -> UserRecord?

    /// A page of the project's users by id.
    func users(in scope: Scope, after id: UserID?, limit: Int) async throws(GatewayError) -> Page<UserRecord>

    /// Deletes a user; false if the project has none of that id.
    func deleteUser(_ id: UserID, in scope: Scope) async throws(GatewayError) -> Bool
}
