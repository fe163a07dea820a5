import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalDatabase {
    /// Raises all epochs and marks the life as begun.
    func takeUp(node: NodeName, at now: Timestamp) throws(SQLiteError) -> Verdict<Tenure> {
        let select = try connection.statement("SELECT clean FROM node WHERE id = 1")
        let followsUncleanDeath = try select.step() && select.integer(0) == 0
        select.reset()
        let mark = try connection.statement(
            """
            INSERT INTO node(id, name, clean, started) VALUES(1, ?1, 0, ?2)
            ON CONFLICT(id) DO UPDATE SET name = excluded.name, clean = 0, started = excluded.started
            """)
        try mark.bind(node.text, at: 1)
        try mark.bind(now, at: 2)
        try mark.run()
        try connection.statement("UPDATE shards SET epoch = epoch + 1").run()
        forgetFences()
        var fences: [Fence] = []
        for shard in Shard.all { fences.append(try fence(of: shard)) }
        return .success(Tenure(fences: fences, followsUncleanDeath: followsUncleanDeath))
    }

    /// Marks the life as ended.
    func layDown() throws(SQLiteError) -> Verdict<Void> {
        try connection.statement("UPDATE node SET clean = 1 WHERE id = 1").run()
        return .success(())
    }

    /// Raises a shard's generation, unless that was done already, and returns the fence as it is then.
    ///
    /// Writes run one after the other, so all earlier commits of the shard are finished when this one runs.
    func raiseGeneration(of fence: Fence) throws(SQLiteError) -> Verdict<Fence> {
        let current = try self.fence(of: fence.shard)
        guard current.epoch == fence.epoch else { return .failure(.fenced) }
        guard current.generation == fence.generation else { return .success(current) }
        let update = try connection.statement("UPDATE shards SET generation = generation + 1 WHERE shard = ?1")
        try update.bind(Int64(fence.shard.number), at: 1)
        try update.run()
        forgetFences()
        return .success(try self.fence(of: fence.shard))
    }

    /// Marks or unmarks a session.
    func setQuarantine(
        _ reason: String?, of key: SessionKey, in scope: Scope, fence: Fence
    ) throws(SQLiteError) -> Verdict<Void> {
        guard let project = try project(scope), var row = try session(key, project: project) else {
            return .failure(.refused("the session does not exist"))
        }
        guard try self.fence(of: fence.shard) == fence, key.shard == fence.shard else { return .failure(.fenced) }
        let update = try connection.statement("UPDATE sessions SET quarantine = ?3 WHERE id = ?1 AND project = ?2")
        try update.bind(row.id, at: 1)
        try update.bind(project, at: 2)
        try update.bind(reason, at: 3)
        try update.run()
        row.isQuarantined = reason != nil
        remember(row, of: key)
        return .success(())
    }

    /// Writes a recovery group down in place of one with the same id.
    func writeDown(_ group: RecoveryGroup) throws(SQLiteError) -> Verdict<Void> {
        try remove(group.id)
        let insert = try connection.statement("INSERT INTO recovery_groups(id, deaths) VALUES(?1, ?2)")
        try insert.bind(group.id, at: 1)
        try insert.bind(group.deaths, at: 2)
        try insert.run()
        let member = try connection.statement(
            "INSERT INTO recovery_members(party, project, session, name) VALUES(?1, ?2, ?3, ?4)")
        for session in group.members {
            // A session is never without its project.
            guard let project = try project(session.scope) else { continue }
            try member.bind(group.id, at: 1)
            try member.bind(project, at: 2)
            try member.bind(session.key.value, at: 3)
            try member.bind(session.id.text, at: 4)
            try member.run()
        }
        return .success(())
    }

    /// Strikes a recovery group off.
    func strikeOff(_ group: Int64) throws(SQLiteError) -> Verdict<Void> {
        try remove(group)
        return .success(())
    }

    private func remove(_ group: Int64) throws(SQLiteError) {
        let members = try connection.statement("DELETE FROM recovery_members WHERE party = ?1")
        try members.bind(group, at: 1)
        try members.run()
        let mark = try connection.statement("DELETE FROM recovery_groups WHERE id = ?1")
        try mark.bind(group, at: 1)
        try mark.run()
    }
}
