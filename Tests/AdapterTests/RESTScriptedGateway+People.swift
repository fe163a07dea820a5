import HoldpointCore
import HoldpointPorts
import JSON

/// The same gateway's users: `ann`, and room for no more once `isStored` is set.
extension RESTScriptedGateway {
    private func ann() -> UserRecord? {
        guard let id = try? UserID("ann") else { return nil }
        return UserRecord(
            user: User(
                id: id, name: "Ann", accreditation: .n2, groups: [try? GroupName("billing")].compactMap(\.self),
                addresses: ["mail": "ann@example.org"]),
            updatedAt: Timestamp(milliseconds: 0))
    }

    func putUser(_ user: User, in scope: Scope) async throws(GatewayError) -> UserRecord? {
        try note("putUser", scope, detail: "\(user.id) \(user.accreditation.rawValue) \(user.isActive)")
        return state.isStored ? nil : UserRecord(user: user, updatedAt: Timestamp(milliseconds: 0))
    }

    func user(_ id: UserID, in scope: Scope) async throws(GatewayError) -> UserRecord? {
        try note("user", scope, detail: id.text)
        return scope == home && id.text == "ann" ? ann() : nil
    }

    func users(in scope: Scope, after id: UserID?, limit: Int) async throws(GatewayError) -> Page<UserRecord> {
        try note("users", scope, detail: "after \(id?.text ?? "-") limit \(limit)")
        return Page(items: scope == home ? [ann()].compactMap(\.self) : [], nextCursor: state.nextCursor)
    }

    func deleteUser(_ id: UserID, in scope: Scope) async throws(GatewayError) -> Bool {
        try note("deleteUser", scope, detail: id.text)
        return scope == home && id.text == "ann"
    }
}
