import HoldpointCore
import HoldpointPorts
import PostgresClient

/// Looks for what the database holds against the commits of a batch that was refused, all of them in one segment.
struct CommitDiagnosis {
    /// The statements.
    let segment: PostgresSegment
    private let writes: [CommitWrite]

    /// Asks about these commits.
    init(_ writes: [CommitWrite]) {
        self.writes = writes
        var segment = PostgresSegment()
        let projects = PostgresValue.int8Array(writes.map(\.project.project))
        let sessions = PostgresValue.identifiers(writes.map(\.commit.identity.key.value))
        segment.add(
            Self.idempotency, [projects, .bytesArray(writes.map { $0.commit.idempotency.map { Array($0.key.utf8) } })])
        segment.add(Self.decided, [projects, .identifiers(writes.map { $0.commit.decided?.id.value })])
        segment.add(Self.sessions, [projects, sessions])
        let names = PostgresValue.textArray(writes.map { $0.kind == .start ? $0.commit.identity.id.text : nil })
        segment.add(Self.namesakes, [projects, names])
        segment.add(Self.tombstones, [projects, names])
        var sends = CommandColumns()
        for (index, write) in writes.enumerated() {
            for command in write.commit.sends { sends.append(command, of: write.project, index: index) }
        }
        segment.add(Self.foreignSends, sends.parameters)
        segment.add(Self.policies, [projects, .int8Array(writes.map(\.commit.policy))])
        var counters = CounterColumns()
        for (index, write) in writes.enumerated() { counters.append(write, index: index) }
        segment.add(Self.counters, counters.parameters)
        self.segment = segment
    }

    /// What was found against each commit, in their order.
    func findings(_ results: [PostgresResult]) throws(PostgresError) -> [CommitFindings] {
        var findings = [CommitFindings](repeating: CommitFindings(), count: writes.count)
        guard results.count == segment.count else { return findings }
        for row in results[0].rows {
            let (index, write) = try place(of: row)
            findings[index].idempotency = try record(row, of: write)
        }
        for row in results[1].rows {
            let (index, _) = try place(of: row)
            findings[index].decided = try row.optionalOutcome(1).map { .decided($0) } ?? .open
        }
        for row in results[2].rows {
            let (index, write) = try place(of: row)
            if try row.integer(1) == write.project.project {
                findings[index].session = .init(head: try row.integer(2), isQuarantined: try row.boolean(3))
            } else {
                findings[index].isKeyForeign = true
            }
        }
        for row in results[3].rows { findings[try place(of: row).index].namesake = try row.sessionKey(1) }
        for row in results[4].rows { findings[try place(of: row).index].isNameDeleted = true }
        for row in results[5].rows {
            let index = try place(of: row).index
            if findings[index].foreignSend == nil { findings[index].foreignSend = try row.commandID(1) }
        }
        for result in results[6...] {
            for row in result.rows { findings[try place(of: row).index].isOutdated = true }
        }
        return findings
    }

    /// The commit that a row is about; its first column counts them from 1.
    private func place(of row: PostgresRow) throws(PostgresError) -> (index: Int, write: CommitWrite) {
        let index = Int(try row.integer(0)) - 1
        guard writes.indices.contains(index) else { throw .unexpectedValue(column: 0, .malformed) }
        return (index, writes[index])
    }

    private func record(_ row: PostgresRow, of write: CommitWrite) throws(PostgresError) -> IdempotencyRecord? {
        guard let key = write.commit.idempotency?.key else { return nil }
        let session = SessionIdentity(
            scope: write.commit.identity.scope, key: try row.sessionKey(4), id: try row.sessionID(5))
        return IdempotencyRecord(
            key: key, fingerprint: try row.text(1), reply: try row.reply(2), session: session,
            createdAt: try row.time(3))
    }
}

extension CommitDiagnosis {
    /// The commands that commits send, with the commit's place in the batch, counted from 1.
    private struct CommandColumns {
        var places: [Int64?] = []
        var ids: [Identifier128?] = []
        var projects: [Int64?] = []
        var sessions: [Identifier128?] = []

        var parameters: [PostgresValue] {
            [.int8Array(places), .identifiers(ids), .int8Array(projects), .identifiers(sessions)]
        }

        mutating func append(_ command: StoredCommand, of project: ProjectNumbers, index: Int) {
            places.append(Int64(index + 1))
            ids.append(command.id.value)
            projects.append(project.project)
            sessions.append(command.session.key.value)
        }
    }

    /// The revisions that commits expect of counters, with the commit's place in the batch, counted from 1.
    private struct CounterColumns {
        var places: [Int64?] = []
        var projects: [Int64?] = []
        var keys: [[UInt8]?] = []
        var expected: [Int64?] = []

        var parameters: [PostgresValue] {
            [.int8Array(places), .int8Array(projects), .bytesArray(keys), .int8Array(expected)]
        }

        mutating func append(_ write: CommitWrite, index: Int) {
            for effect in CounterEffect.effects(of: write.commit.counters) {
                guard let revision = effect.expected else { continue }
                places.append(Int64(index + 1))
                projects.append(write.project.project)
                keys.append(Array(effect.key.text.utf8))
                expected.append(revision)
            }
        }
    }

    private static let idempotency = PostgresStatement(
        """
        select u.place, i.fingerprint, i.reply, i.created, i.session, i.name
        from unnest($1::int8[], $2::bytea[]) with ordinality as u(project, key, place)
        join idempotency i on i.project = u.project and i.key = u.key
        """)

    private static let decided = PostgresStatement(
        """
        select u.place, c.outcome from unnest($1::int8[], $2::uuid[]) with ordinality as u(project, id, place)
        join commands c on c.id = u.id and c.project = u.project
        """)

    private static let sessions = PostgresStatement(
        """
        select u.place, s.project, s.head, s.quarantine is not null
        from unnest($1::int8[], $2::uuid[]) with ordinality as u(project, key, place)
        join sessions s on s.key = u.key
        """)

    private static let namesakes = PostgresStatement(
        """
        select u.place, s.key from unnest($1::int8[], $2::text[]) with ordinality as u(project, name, place)
        join sessions s on s.project = u.project and s.name = u.name
        """)

    private static let tombstones = PostgresStatement(
        """
        select u.place, t.session from unnest($1::int8[], $2::text[]) with ordinality as u(project, name, place)
        join tombstones t on t.project = u.project and t.name = u.name
        """)

    private static let foreignSends = PostgresStatement(
        """
        select u.place, u.id from unnest($1::int8[], $2::uuid[], $3::int8[], $4::uuid[])
            as u(place, id, project, session)
        join commands c on c.id = u.id and (c.project <> u.project or c.session <> u.session)
        order by u.place, u.id
        """)

    private static let policies = PostgresStatement(
        """
        select u.place, p.policy from unnest($1::int8[], $2::int8[]) with ordinality as u(project, version, place)
        join projects p on p.id = u.project and p.policy <> u.version
        """)

    private static let counters = PostgresStatement(
        """
        select u.place, c.revision
        from unnest($1::int8[], $2::int8[], $3::bytea[], $4::int8[]) as u(place, project, key, expected)
        left join counters c on c.project = u.project and c.key = u.key
        where coalesce(c.revision, 0) <> u.expected
        """)
}
