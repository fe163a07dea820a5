package import HoldpointCore
package import HoldpointPorts
import PostgresClient

extension PostgresJournal {
    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        if let refusal = CommitWrite.refusalOfForm(commit) { throw refusal }
        let project = try await existing(commit.identity.scope)
        return try await lanes.commits(of: commit.fence.shard).write(CommitWrite(commit: commit, project: project))
    }

    package func store(_ command: StoredCommand) async throws(JournalError) {
        let project = try await existing(command.session.scope)
        let answer = try await lanes.inbox.write(InboxWrite(change: .store(command), project: project))
        if answer == .unchanged { throw .refused("the stored command \(command.id) is known") }
    }

    package func decide(_ decided: DecidedCommand, in scope: Scope) async throws(JournalError) -> Bool {
        guard let project = try await numbers(of: scope) else { return false }
        return try await lanes.inbox.write(InboxWrite(change: .decide(decided), project: project)) != .unchanged
    }

    package func countAttempt(_ id: StoredCommandID, in scope: Scope) async throws(JournalError) -> Int64 {
        let unknown = JournalError.refused("the stored command \(id) does not exist")
        guard let project = try await numbers(of: scope) else { throw unknown }
        let answer = try await lanes.inbox.write(InboxWrite(change: .countAttempt(id), project: project))
        guard case .changed(let attempts?) = answer else { throw unknown }
        return attempts
    }

    /// How many writes wait to be sent, for operators: it stays near 0 while the database keeps up.
    package func waitingWrites() async -> Int { await lanes.waitingCount() }

    private func existing(_ scope: Scope) async throws(JournalError) -> ProjectNumbers {
        guard let project = try await numbers(of: scope) else {
            throw .refused("the project \(scope) does not exist")
        }
        return project
    }
}

// MARK: Marks

extension PostgresJournal {
    package func setQuarantine(
        _ reason: String?, of key: SessionKey, in scope: Scope, fence: Fence
    ) async throws(JournalError) {
        let unknown = JournalError.refused("the session does not exist")
        guard let project = try await numbers(of: scope) else { throw unknown }
        guard key.shard == fence.shard, let life = fences.life(under: fence) else { throw .fenced }
        let slot = HeldFences.slot(of: fence.shard)
        var segment = PostgresSegment()
        FenceCheck.add([fence], in: life, slot: slot, to: &segment)
        Tenants.name([project.tenant], in: &segment)
        segment.add(
            Self.mark,
            [.identifier(key.value), .int8(project.project), .optional(reason.map { Array($0.utf8) })])
        let changed: Int
        do throws(PostgresError) {
            changed = try await writer.run(segment, on: slot).last?.affectedRows ?? 0
        } catch {
            throw error.isFenced(byFirst: FenceCheck.statements) ? .fenced : JournalError(error)
        }
        if changed == 0 { throw unknown }
    }

    package func writeDown(_ group: RecoveryGroup) async throws(JournalError) {
        var members = MemberColumns()
        var tenants: [Int64] = []
        for session in group.members {
            // A session is never without its project.
            guard let project = try await numbers(of: session.scope) else { continue }
            members.append(session, of: project)
            tenants.append(project.tenant)
        }
        var segment = PostgresSegment()
        Tenants.name(tenants, in: &segment)
        segment.add(Self.removeGroup, [.int8(group.id)])
        segment.add(Self.addGroup, [.int8(group.id), .int8(group.deaths)])
        segment.add(Self.addMembers, [.int8(group.id)] + members.parameters)
        do throws(PostgresError) { _ = try await writer.run(segment) } catch { throw JournalError(error) }
    }

    package func strikeOff(_ group: Int64) async throws(JournalError) {
        do throws(PostgresError) {
            _ = try await writer.run(Self.removeGroup, [.int8(group)])
        } catch {
            throw JournalError(error)
        }
    }

    private static let mark = PostgresStatement("update sessions set quarantine = $3 where key = $1 and project = $2")
    // Its members go with it.
    private static let removeGroup = PostgresStatement("delete from recovery_groups where id = $1")
    private static let addGroup = PostgresStatement("insert into recovery_groups(id, deaths) values($1, $2)")
    private static let addMembers = PostgresStatement(
        """
        insert into recovery_members(party, n, tenant, project, session, name, shard)
        select $1, u.n, p.tenant, p.id, u.session, u.name, u.shard
        from unnest($2::int8[], $3::uuid[], $4::text[], $5::int2[])
            with ordinality as u(project, session, name, shard, n)
        join projects p on p.id = u.project
        """)
}

/// The sessions of a recovery group.
private struct MemberColumns {
    private var projects: [Int64?] = []
    private var sessions: [Identifier128?] = []
    private var names: [String?] = []
    private var shards: [Int16?] = []

    var parameters: [PostgresValue] {
        [.int8Array(projects), .identifiers(sessions), .textArray(names), .int2Array(shards)]
    }

    mutating func append(_ session: SessionIdentity, of project: ProjectNumbers) {
        projects.append(project.project)
        sessions.append(session.key.value)
        names.append(session.id.text)
        shards.append(Int16(session.key.shard.number))
    }
}
