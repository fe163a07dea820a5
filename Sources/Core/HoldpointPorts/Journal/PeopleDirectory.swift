package import HoldpointCore
import JSON

/// The users of projects: who may answer requests, and where they can be told of them.
package protocol PeopleDirectory: Sendable {
    /// Stores a user, in the place of one that has the id.
    ///
    /// False, with nothing changed, if none has and the project holds `PeopleLimits.usersPerProject` already. Throws
    /// `refused` if there is no such project.
    func putUser(_ user: UserRecord, in scope: Scope) async throws(JournalError) -> Bool

    /// The user of that id.
    func user(_ id: UserID, in scope: Scope) async throws(JournalError) -> UserRecord?

    /// A page of the project's users by id, after `id`.
    func users(in scope: Scope, after id: UserID?, limit: Int) async throws(JournalError) -> [UserRecord]

    /// Deletes a user; false if the project has none of that id.
    func deleteUser(_ id: UserID, in scope: Scope) async throws(JournalError) -> Bool
}

/// A user of a project as it is stored.
package struct UserRecord: Sendable, Equatable {
    /// The user.
    package let user: User
    /// When it was put last.
    package let updatedAt: Timestamp

    package init(user: User, updatedAt: Timestamp) {
        self.user = user
        self.updatedAt = updatedAt
    }

    /// Reads a user from the document that a store keeps.
    package init(document: [UInt8], updatedAt: Timestamp) throws(MalformedRecord) {
        guard let value = try? JSONParser.parse(document, limits: EventRegistry.recordedLimits) else {
            throw MalformedRecord(what: "user", violations: [])
        }
        self.init(user: try User(recorded: value), updatedAt: updatedAt)
    }

    /// The user as the document that a store keeps.
    package var document: [UInt8] {
        var writer = JSONWriter(reserving: 512)
        writer.beginObject()
        user.writeMembers(into: &writer)
        writer.endObject()
        return writer.bytes
    }
}
