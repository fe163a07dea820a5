package import HoldpointCore
package import HoldpointPorts

extension MemoryJournal {
    package func putUser(_ user: UserRecord, in scope: Scope) async throws(JournalError) -> Bool {
        try store.withState { store throws(JournalError) in try store.putUser(user, in: scope) }
    }

    package func user(_ id: UserID, in scope: Scope) async throws(JournalError) -> UserRecord? {
        store.withState { $0.users[scope]?[id] }
    }

    package func users(in scope: Scope, after id: UserID?, limit: Int) async throws(JournalError) -> [UserRecord] {
        store.withState { $0.users(in: scope, after: id, limit: limit) }
    }

    package func deleteUser(_ id: UserID, in scope: Scope) async throws(JournalError) -> Bool {
        store.withState { $0.users[scope]?.removeValue(forKey: id) != nil }
    }
}

extension MemoryStore {
    fileprivate mutating func putUser(_ record: UserRecord, in scope: Scope) throws(JournalError) -> Bool {
        guard projects.contains(scope) else { throw .refused("there is no project \(scope)") }
        let present = users[scope] ?? [:]
        guard present[record.user.id] != nil || present.count < PeopleLimits.usersPerProject else { return false }
        users[scope, default: [:]][record.user.id] = record
        return true
    }

    fileprivate func users(in scope: Scope, after id: UserID?, limit: Int) -> [UserRecord] {
        let found = (users[scope] ?? [:]).values.filter { record in id.map { record.user.id > $0 } ?? true }
        return Array(found.sorted { $0.user.id < $1.user.id }.prefix(limit))
    }
}
