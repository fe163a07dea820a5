import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import PostgresClient
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct DeliveryTests {
        private static let webhook = WebhookID(Identifier128(high: 9, low: 1))

        private func put(_ scene: WritingScene) async throws {
            let record = WebhookRecord(
                id: Self.webhook, revision: 1, url: "https://example.org/", types: nil, isEnabled: true,
                disabledReason: nil, box: [1], createdAt: WritingScene.time(1), updatedAt: WritingScene.time(1))
            #expect(try await scene.journal.putWebhook(record, in: scene.scope))
        }

        private func telling(_ scene: WritingScene, _ identity: SessionIdentity) -> SessionCommit {
            let commit = scene.commit(identity)
            let entry = OutboxEntry(
                webhook: Self.webhook, sequence: 1, type: EventType("hitl_requested"), time: WritingScene.time(1))
            return commit.fenced(by: commit.fence, telling: [entry])
        }

        /// Settles the deliveries of sessions at once; what became of each, by their place.
        private func settle(_ scene: WritingScene, _ sessions: [SessionIdentity]) async -> [Result<Bool, JournalError>]
        {
            await withTaskGroup(of: (Int, Result<Bool, JournalError>).self) { group in
                for (index, session) in sessions.enumerated() {
                    group.addTask {
                        let state = DeliveryState(
                            status: .delivered, attempts: 1, tries: 1, due: WritingScene.time(90), lastStatus: 200,
                            lastError: nil, lastAttemptAt: WritingScene.time(9))
                        let settlement = DeliverySettlement(
                            scope: session.scope, id: DeliveryID(session: session.key, sequence: 1), state: state,
                            fence: scene.fences[Int(session.key.shard.number)])
                        do throws(JournalError) {
                            return (index, .success(try await scene.journal.settle(settlement)))
                        } catch {
                            return (index, .failure(error))
                        }
                    }
                }
                return await group.reduce(
                    into: [Result<Bool, JournalError>](repeating: .success(false), count: sessions.count)
                ) {
                    $0[$1.0] = $1.1
                }
            }
        }

        @Test func `I2: the database refuses to settle under a generation and an owner that this process believes in`()
            async throws
        {
            try await WritingScene.run { scene in
                try await put(scene)
                let sessions = try (0..<20).map { try scene.identity($0, shard: $0.isMultiple(of: 5) ? 10 : 8) }
                #expect(await scene.outcomes(of: sessions.map { telling(scene, $0) }).allSatisfy { $0 == nil })
                try await scene.base.execute("update shards set owner = 'node-2', epoch = epoch + 1 where shard = 10")
                let outcomes = await settle(scene, sessions)
                for (number, outcome) in outcomes.enumerated() {
                    #expect(outcome == (number.isMultiple(of: 5) ? .failure(.fenced) : .success(true)), "\(number)")
                }
                #expect(try await scene.base.number("select count(*) from outbox where status = 0 and shard = 10") == 4)
                try await scene.base.execute(
                    "update outbox set status = 0", "update fences set generation = generation + 1 where slot = 0")
                #expect(await settle(scene, sessions).allSatisfy { $0 == .failure(.fenced) })
                #expect(try await scene.base.number("select count(*) from outbox where status = 0") == 20)
            }
        }

        @Test func `a commit that is refused in its batch leaves no delivery, and the others have theirs`() async throws
        {
            try await WritingScene.run { scene in
                try await put(scene)
                let commits = try (0..<12).map { number in
                    let commit = telling(scene, try scene.identity(number))
                    return number.isMultiple(of: 3)
                        ? scene.commit(commit.identity, head: 4).fenced(
                            by: commit.fence, telling: commit.outbox)
                        : commit
                }
                let outcomes = try await scene.outcomesInOneBatch(of: commits)
                for (number, outcome) in outcomes.enumerated() {
                    #expect(outcome == (number.isMultiple(of: 3) ? .conflict(head: 0) : nil))
                }
                #expect(try await scene.base.number("select count(*) from outbox") == 8)
                let stray =
                    "select count(*) from outbox o left join sessions s on s.key = o.session where s.key is null"
                #expect(try await scene.base.number(stray) == 0)
            }
        }

        @Test func `what is due is found by an index, however much of others waits`() async throws {
            try await WritingScene.run { scene in
                try await put(scene)
                try await scene.base.execute(
                    """
                    insert into outbox(session, seq, tenant, project, webhook, name, shard, type, created, status,
                        attempts, tries, due)
                    select gen_random_uuid(), 1, 1, 1, '\(Self.webhook.value.hexadecimal)', 'x', n % 256, 't', n, 0,
                        0, 0, case when n % 100 = 0 then n else 9000000000000000 end
                    from generate_series(1, 20000) n
                    """, "analyze outbox")
                for page in [DuePage(projects: 9, perProject: 64), DuePage(projects: 1, perProject: 5)] {
                    let found = try await scene.journal.dueDeliveries(
                        in: Shard.all, at: WritingScene.time(0), after: nil, page: page)
                    #expect(found.count == page.perProject)
                    #expect(found.map(\.state.due) == found.map(\.state.due).sorted())
                }
            }
        }
    }
}
