import HoldpointCore
import HoldpointPorts
import PostgresClient
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct WritingPoisonTests {
        /// What makes one commit of a batch impossible.
        enum Poison: CaseIterable {
            case head
            case sequence
            case characterZero
            case usedKey
            case foreignSession
            case takenName
            case deletedName
            case mark
        }

        /// Prepares the ground and returns the commit, with the reason that it must be given; nil: any refusal.
        private func poison(
            _ kind: Poison, _ scene: WritingScene
        ) async throws -> (commit: SessionCommit, reason: JournalError?) {
            let identity = try scene.identity(7_000)
            switch kind {
            case .head:
                return (scene.commit(identity, head: 4), .conflict(head: 0))
            case .sequence:
                _ = try await scene.journal.commit(scene.commit(identity))
                try await scene.base.execute(
                    """
                    insert into log select session, 2, tenant, project, xid, n, record from log
                    """)
                return (scene.commit(identity, head: 1), nil)
            case .characterZero:
                return (scene.commit(identity, secrets: [WritingScene.secret(field: "a\u{0}b")]), nil)
            case .usedKey:
                let record = WritingScene.idempotency("k\u{0}", identity)
                _ = try await scene.journal.commit(scene.commit(identity, idempotency: record))
                let commit = scene.commit(try scene.identity(7_001), idempotency: record)
                return (commit, .idempotencyKeyUsed(record))
            case .foreignSession:
                let other = try scene.identity(7_000, in: scene.foreign)
                _ = try await scene.journal.commit(scene.commit(other))
                return (scene.commit(identity), .refused("the key belongs to a session of another project"))
            case .takenName:
                _ = try await scene.journal.commit(scene.commit(identity))
                let second = SessionIdentity(scope: scene.scope, key: try scene.identity(7_001).key, id: identity.id)
                return (scene.commit(second), .sessionExists(identity.key))
            case .deletedName:
                try await scene.base.execute(
                    "insert into tombstones values(1, 1, 'session-7000', gen_random_uuid(), 0)")
                return (scene.commit(identity), .sessionDeleted)
            case .mark:
                _ = try await scene.journal.commit(scene.commit(identity))
                try await scene.journal.setQuarantine(
                    "x", of: identity.key, in: scene.scope, fence: scene.fences[Int(identity.key.shard.number)])
                return (scene.commit(identity, head: 1), .quarantined)
            }
        }

        @Test(arguments: Poison.allCases)
        func `one poisoned commit among 100 of a batch fails alone, for its own reason`(kind: Poison) async throws {
            try await WritingScene.run { scene in
                let (poisoned, reason) = try await poison(kind, scene)
                var commits = try (0..<99).map { scene.commit(try scene.identity($0)) }
                commits.insert(poisoned, at: 40)
                let outcomes = try await scene.outcomesInOneBatch(of: commits)
                for (index, outcome) in outcomes.enumerated() where index != 40 { #expect(outcome == nil) }
                if let reason {
                    #expect(outcomes[40] == reason)
                } else {
                    let isRefused = if case .refused = outcomes[40] { true } else { false }
                    #expect(isRefused, "\(String(describing: outcomes[40]))")
                }
                let heads = try await scene.heads()
                for number in 0..<99 { #expect(heads["session-\(number)"] == 1) }
                let rest = heads.filter { $0.key.hasSuffix("-7000") || $0.key.hasSuffix("-7001") }
                let isStart = [.head, .characterZero, .deletedName].contains(kind)
                #expect(rest == (isStart ? [:] : ["session-7000": 1]))
            }
        }

        @Test func `many poisoned commits of a batch fail, and all others are made`() async throws {
            try await WritingScene.run { scene in
                let commits = try (0..<100).map { number in
                    let identity = try scene.identity(number)
                    return switch number % 4 {
                    case 0: scene.commit(identity, secrets: [WritingScene.secret(field: "\u{0}")])
                    case 1: scene.commit(identity, head: 3)
                    default: scene.commit(identity)
                    }
                }
                let outcomes = try await scene.outcomesInOneBatch(of: commits)
                for (number, outcome) in outcomes.enumerated() { #expect((outcome == nil) == (number % 4 > 1)) }
                #expect(try await scene.heads().count == 51)
                #expect(try await scene.areLogsWhole())
            }
        }

        @Test func `a start under a name that is being deleted waits, and is refused for the tombstone`() async throws {
            try await WritingScene.run { scene in
                let first = try scene.identity(1)
                _ = try await scene.journal.commit(scene.commit(first))
                let again = SessionIdentity(scope: scene.scope, key: try scene.identity(2).key, id: first.id)
                let start = scene.commit(again)
                var result: Result<Task<JournalError?, Never>, any Error>?
                try await scene.base.pool.transaction { transaction throws(PostgresError) in
                    for text in [
                        "delete from log", "delete from sessions",
                        "insert into tombstones values(1, 1, 'session-1', gen_random_uuid(), 0)",
                    ] {
                        _ = try await transaction.run(PostgresStatement(text))
                    }
                    let task = Task { await scene.outcome(of: start) }
                    do {
                        try await scene.waitUntilParked()
                        result = .success(task)
                    } catch {
                        result = .failure(error)
                    }
                }
                let outcome = try await #require(try result?.get()).value
                #expect(outcome == .sessionDeleted)
                #expect(try await scene.heads().isEmpty)
            }
        }

        @Test func `a commit larger than a segment may be is refused by itself`() async throws {
            try await WritingScene.run { scene in
                let large = try scene.commit(scene.identity(1), events: [WritingScene.event(1, bytes: 17 << 20)])
                let outcome = await scene.outcome(of: large)
                let isRefused = if case .refused = outcome { true } else { false }
                #expect(isRefused, "\(String(describing: outcome))")
                #expect(try await scene.outcome(of: scene.commit(scene.identity(1))) == nil)
            }
        }

        @Test func `what only the moment was against is sent again, so many times`() async throws {
            try await WritingScene.run { scene in
                try await scene.base.execute(
                    "create sequence tries",
                    """
                    create function deny() returns trigger language plpgsql security definer as $$ begin
                        if nextval('holdpoint.tries') % 4 in (1, 2, 3) then
                            raise exception using errcode = '40P01';
                        end if;
                        return null;
                    end $$
                    """,
                    "create trigger deny before insert on log for each statement execute function deny()",
                    "select nextval('tries')")
                // The second and the third attempt of the sequence fail, the fourth is made: three in all.
                #expect(try await scene.outcome(of: scene.commit(scene.identity(1))) == nil)
                let outcome = await scene.outcome(of: try scene.commit(scene.identity(2)))
                let isUnavailable = if case .unavailable = outcome { true } else { false }
                #expect(isUnavailable, "\(String(describing: outcome))")
                #expect(try await scene.heads() == ["session-1": 1])
            }
        }
    }
}

extension WritingScene {
    /// Makes commits of slot 0 as one batch: another one is parked before them until all of them wait.
    func outcomesInOneBatch(of commits: [SessionCommit]) async throws -> [JournalError?] {
        var tasks: [Task<[JournalError?], Never>] = []
        try await whileEventsAreLocked {
            let first = commit(try identity(9_999))
            tasks.append(Task { [await outcome(of: first)] })
            try await waitUntilParked()
            tasks.append(Task { await outcomes(of: commits) })
            await waitUntilWaiting(commits.count)
        }
        for task in tasks.dropLast() { #expect(await task.value == [nil]) }
        return await tasks.last?.value ?? []
    }
}
