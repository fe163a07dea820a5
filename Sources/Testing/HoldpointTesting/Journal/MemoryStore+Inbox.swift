import HoldpointCore
import HoldpointPorts

extension MemoryStore {
    mutating func store(_ command: StoredCommand) throws(JournalError) {
        guard inbox[command.id] == nil else { throw .refused("stored command \(command.id) is known") }
        lastTransaction += 1
        inbox[command.id] = Inbox(command: command)
    }

    func inboxRow(_ id: StoredCommandID, in scope: Scope) -> Inbox? {
        inbox[id].flatMap { $0.command.session.scope == scope ? $0 : nil }
    }

    func undecided(of session: SessionKey, in scope: Scope, limit: Int) -> [StoredCommand] {
        let rows = inbox.values.filter {
            $0.outcome == nil && $0.command.session.key == session && $0.command.session.scope == scope
        }
        return Array(rows.map(\.command).sorted { $0.id < $1.id }.prefix(limit))
    }

    func undecided(shards: [Shard], after id: StoredCommandID?, limit: Int) -> [StoredCommand] {
        let wanted = Set(shards)
        let rows = inbox.values.filter { row in
            row.outcome == nil && wanted.contains(row.command.session.key.shard)
                && (sessions[row.command.session.key]?.quarantine == nil
                    || StoredCommand.kindsForQuarantined.contains(row.command.kind))
                && (id.map { row.command.id > $0 } ?? true)
        }
        return Array(rows.map(\.command).sorted { $0.id < $1.id }.prefix(limit))
    }

    mutating func decide(_ decided: DecidedCommand, in scope: Scope) -> Bool {
        guard let row = inboxRow(decided.id, in: scope), row.outcome == nil else { return false }
        lastTransaction += 1
        settle(decided)
        return true
    }

    /// Writes an outcome, and drops what the command was unless it was given up.
    mutating func settle(_ decided: DecidedCommand) {
        guard let command = inbox[decided.id]?.command else { return }
        let kept = decided.outcome.isGivenUp ? command.sealed : []
        let settled = StoredCommand(
            id: command.id, session: command.session, kind: command.kind, sealed: kept, principal: command.principal,
            receivedAt: command.receivedAt, attempts: command.attempts)
        inbox[decided.id] = Inbox(command: settled, outcome: decided.outcome)
    }

    mutating func countAttempt(_ id: StoredCommandID, in scope: Scope) throws(JournalError) -> Int64 {
        guard let command = inboxRow(id, in: scope)?.command else {
            throw .refused("there is no stored command \(id)")
        }
        inbox[id]?.command = StoredCommand(
            id: id, session: command.session, kind: command.kind, sealed: command.sealed,
            principal: command.principal, receivedAt: command.receivedAt, attempts: command.attempts + 1)
        return command.attempts + 1
    }
}
