import HoldpointCore
import HoldpointPorts
import PostgresClient
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct WritingBatchTests {
        /// How many transactions have written events.
        private static let transactions = "select count(distinct xid) from log"

        @Test func `a transaction has at most batchWrites commits, or batchBytes bytes`() async throws {
            try await WritingScene.run({ $0.writes.batchWrites = 4 }) { scene in
                let commits = try (0..<10).map { scene.commit(try scene.identity($0)) }
                #expect(try await scene.outcomesInOneBatch(of: commits).allSatisfy { $0 == nil })
                #expect(try await scene.base.number(Self.transactions) == 4, "the parked one, 4, 4 and 2")
            }
            try await WritingScene.run({ $0.writes.batchBytes = 5_000 }) { scene in
                let commits = try (0..<4).map {
                    scene.commit(try scene.identity($0), events: [WritingScene.event(1, bytes: 2_000)])
                }
                #expect(try await scene.outcomesInOneBatch(of: commits).allSatisfy { $0 == nil })
                #expect(try await scene.base.number(Self.transactions) == 3, "the parked one, 2 and 2")
            }
        }

        @Test func `commits beyond waitingWrites are refused at once, and nothing of them is stored`() async throws {
            try await WritingScene.run({ $0.writes.waitingWrites = 5 }) { scene in
                let first = scene.commit(try scene.identity(100))
                let commits = try (0..<5).map { scene.commit(try scene.identity($0)) }
                var tasks: [Task<[JournalError?], Never>] = []
                try await scene.whileEventsAreLocked {
                    tasks.append(Task { [await scene.outcome(of: first)] })
                    try await scene.waitUntilParked()
                    tasks.append(Task { await scene.outcomes(of: commits) })
                    await scene.waitUntilWaiting(5)
                    #expect(try await scene.outcome(of: scene.commit(scene.identity(6))) == .overloaded)
                    // The other slot and the inbox have queues of their own.
                    try await scene.journal.store(try scene.command(1))
                }
                for task in tasks { #expect(await task.value.allSatisfy { $0 == nil }) }
                #expect(try await scene.heads().count == 6)
            }
        }

        @Test func `I1: a receipt names the place on the feed that the last event has`() async throws {
            try await WritingScene.run { scene in
                let places = try await withThrowingTaskGroup(of: (String, FeedPosition?).self) { group in
                    for number in 0..<60 {
                        let identity = try scene.identity(number, shard: UInt8(number))
                        let commit = scene.commit(identity, events: [WritingScene.event(1), WritingScene.event(2)])
                        group.addTask { (identity.id.text, try await scene.journal.commit(commit).feedPosition) }
                    }
                    return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
                }
                #expect(places.count == 60)
                let rows = try await scene.base.pool.run(
                    PostgresStatement(
                        "select name, xid, n from log l join sessions s on s.key = l.session where l.last = 2")
                ).rows
                for row in rows {
                    let place = FeedPosition(transaction: try row.integer(1), index: try row.integer(2))
                    #expect(places[try row.text(0)] == place)
                }
                #expect(rows.count == 60)
            }
        }

        @Test func `two commits for one session at once: one is made, the other finds it made`() async throws {
            try await WritingScene.run { scene in
                let commits = try (0..<80).map { scene.commit(try scene.identity($0 / 2)) }
                let outcomes = await scene.outcomes(of: commits)
                for pair in 0..<40 {
                    let both = [outcomes[2 * pair], outcomes[2 * pair + 1]]
                    #expect(both.contains(nil) && both.contains(.conflict(head: 1)))
                }
                #expect(try await scene.areLogsWhole())
            }
        }

        @Test func `a session's commits are made in their order, whatever else is written`() async throws {
            try await WritingScene.run { scene in
                let failures = await withTaskGroup(of: [JournalError].self) { group in
                    for number in 0..<40 {
                        group.addTask {
                            var failures: [JournalError] = []
                            for head in 0..<10 {
                                guard let identity = try? scene.identity(number, shard: UInt8(number)) else { continue }
                                let commit = scene.commit(identity, head: Int64(head))
                                if let failure = await scene.outcome(of: commit) { failures.append(failure) }
                            }
                            return failures
                        }
                    }
                    return await group.reduce(into: []) { $0 += $1 }
                }
                #expect(failures == [])
                let heads = try await scene.heads()
                #expect(heads.count == 40 && heads.values.allSatisfy { $0 == 10 })
                #expect(try await scene.areLogsWhole())
                let backwards = """
                    select count(*) from log a join log b on a.session = b.session and a.last < b.last
                    where (a.xid, a.n) >= (b.xid, b.n)
                    """
                #expect(try await scene.base.number(backwards) == 0)
            }
        }

        @Test func `I3: changes of the inbox at once: each command is stored, decided and counted once`() async throws {
            try await WritingScene.run { scene in
                let commands = try (0..<50).map { try scene.command(Int64($0), in: $0 < 25 ? nil : scene.foreign) }
                let stored = await withTaskGroup(of: Bool.self) { group in
                    for command in commands + commands {
                        group.addTask { (try? await scene.journal.store(command)) != nil }
                    }
                    return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(stored == 50)
                let id = commands[3].id
                let counts = try await withThrowingTaskGroup(of: Int64.self) { group in
                    for _ in 0..<12 {
                        group.addTask { try await scene.journal.countAttempt(id, in: scene.scope) }
                    }
                    return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
                }
                #expect(counts == Set(1...12))
                let decided = DecidedCommand(id: id, outcome: .dead("x"))
                let first = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<12 { group.addTask { try await scene.journal.decide(decided, in: scene.scope) } }
                    return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(first == 1)
                #expect(try await !scene.journal.decide(decided, in: scene.foreign))
                #expect(try await scene.base.number("select count(*) from commands where outcome is not null") == 1)
            }
        }
    }
}
