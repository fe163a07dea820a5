package import HoldpointCore
package import HoldpointPorts
import JSON

extension Engine {
    package func putUser(_ user: User, in scope: Scope) async throws(GatewayError) -> UserRecord? {
        let ports = services.ports
        let record = UserRecord(user: user, updatedAt: ports.clock.now())
        let isStored = try await reading { () throws(JournalError) in
            try await ports.directory.putUser(record, in: scope)
        }
        return isStored ? record : nil
    }

    package func user(_ id: UserID, in scope: Scope) async throws(GatewayError) -> UserRecord? {
        try await reading { () throws(JournalError) in
            try await self.services.ports.directory.user(id, in: scope)
        }
    }

    package func users(
        in scope: Scope, after id: UserID?, limit: Int
    ) async throws(GatewayError) -> Page<UserRecord> {
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.directory.users(in: scope, after: id, limit: limit + 1)
        }
        return Page(of: found, limit: limit, cursor: \.user.id.text)
    }

    package func deleteUser(_ id: UserID, in scope: Scope) async throws(GatewayError) -> Bool {
        try await reading { () throws(JournalError) in
            try await self.services.ports.directory.deleteUser(id, in: scope)
        }
    }

    /// Who answers: the key, or the user for whom it speaks, as they are now.
    ///
    /// The command carries what they are. So an answer that is stored first, and decided when its session is awake,
    /// counts for what its giver was when it was received.
    func responder(
        _ user: UserID?, options: CommandOptions, in scope: Scope
    ) async throws(GatewayError) -> Responder {
        guard let user else { return Responder(key: options.principal) }
        return Responder(key: options.principal, person: try await person(user, named: "as", in: scope))
    }

    /// A user who may act; throws with a pointer to the member that named them.
    func person(_ id: UserID, named member: String, in scope: Scope) async throws(GatewayError) -> Person {
        let found = try await user(id, in: scope)
        guard let found, found.user.isActive else {
            let violation = JSONViolation(
                pointer: JSONPointer.root.appending(member),
                detail: found == nil ? "is not a user of this project" : "is a user who is not active")
            throw .rejected(Rejection(.userUnknown, "there is no such active user", violations: [violation]))
        }
        return found.user.person
    }
}
