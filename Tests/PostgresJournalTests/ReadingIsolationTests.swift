import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON
import PostgresClient
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct ReadingIsolationTests {
        private static let request = RequestID(
            time: Timestamp(milliseconds: 7), random: Identifier128(high: 1, low: 1))
        private static let counter = CounterKey(recorded: "[1]")
        private static let command = StoredCommandID(
            Identifier128(time: WritingScene.time(1), random: Identifier128(high: 0, low: 1)))

        /// A session, and an agent and a secret of its project, with something in every table that is read.
        private func fill(_ scene: WritingScene) async throws -> SessionIdentity {
            let identity = try scene.identity(1)
            let webhook = WebhookRecord(
                id: WebhookID(Identifier128(high: 9, low: 9)), revision: 1, url: "https://example.org/", types: nil,
                isEnabled: true, disabledReason: nil, box: [1], createdAt: WritingScene.time(1),
                updatedAt: WritingScene.time(1))
            _ = try await scene.journal.putWebhook(webhook, in: scene.scope)
            let chain = SimulatedHasher().sha256([1])
            _ = try await scene.journal.commit(
                SessionCommit(
                    identity: identity, fence: scene.fences[Int(identity.key.shard.number)], expectedHead: 0,
                    events: [WritingScene.event(1)], summary: WritingScene.summary(),
                    requests: [
                        RequestChange(
                            id: Self.request, type: .environment, status: .pending, openedAt: 1, closedAt: nil)
                    ],
                    snapshot: Snapshot(codec: 1, sequence: 1, chain: chain, digest: chain, state: [1]),
                    secrets: [SealedSecret(handle: SecretHandle(request: Self.request, field: "f"), box: [1])],
                    idempotency: WritingScene.idempotency("k", identity),
                    counters: [.add(Self.counter, WritingScene.entry(of: identity))],
                    outbox: [
                        OutboxEntry(
                            webhook: webhook.id, sequence: 1, type: EventType("hitl_requested"),
                            time: WritingScene.time(1))
                    ]))
            try await scene.journal.store(
                StoredCommand(
                    id: Self.command, session: identity, kind: "answer", sealed: [1], principal: .key("k"),
                    receivedAt: WritingScene.time(1)))
            let agent = AgentDefinition(
                name: try AgentName("clerk"), program: .external, inputSchema: nil, labels: [:])
            _ = try await scene.journal.putAgent(agent, in: scene.scope)
            let secret = ProjectSecret(name: try SecretName("TOKEN"), box: [1], updatedAt: WritingScene.time(1))
            _ = try await scene.journal.putSecret(secret, in: scene.scope)
            let user = UserRecord(user: User(id: try UserID("ann")), updatedAt: WritingScene.time(1))
            _ = try await scene.journal.putUser(user, in: scene.scope)
            _ = try await scene.journal.putPolicy(["n": 1], by: .key("k"), at: WritingScene.time(1), in: scene.scope)
            let row = AuditRow(number: 1, entry: [1], hash: chain, request: Self.request, signature: .blank)
            let fence = scene.fences[Int(Shard(auditing: scene.scope).number)]
            let append = AuditAppend(
                scope: scene.scope, fence: fence, from: .beginning, rows: [row],
                position: FeedPosition(transaction: 1))
            #expect(try await scene.journal.append(append))
            return identity
        }

        /// The reads of a scope that find something of that session, or of the project, by name.
        private func findings(
            _ scene: WritingScene, of identity: SessionIdentity, in scope: Scope
        ) async throws -> Set<String> {
            let journal = scene.journal
            var found: Set<String> = []
            func note(_ name: String, _ isFound: Bool) { if isFound { found.insert(name) } }
            let key = identity.key
            note("load", try await journal.load(key, in: scope, usingSnapshot: true) != nil)
            note("load whole", try await journal.load(key, in: scope, usingSnapshot: false) != nil)
            note("find", try await journal.find(identity.id, in: scope) != nil)
            note("events", try await !journal.events(of: key, in: scope, after: 0, limit: 9).isEmpty)
            note("sessions", try await !journal.sessions(SessionQuery(limit: 9), in: scope).isEmpty)
            for status in [nil, RequestStatus.pending] {
                for session in [nil, key] {
                    let query = RequestQuery(status: status, session: session, limit: 9)
                    let name = "requests \(status.map { "\($0)" } ?? "") \(session == nil ? "" : "of a session")"
                    note(name, try await !journal.requests(query, in: scope).isEmpty)
                }
            }
            note("request", try await journal.request(Self.request, in: scope) != nil)
            note("secrets of a request", try await !journal.secrets(of: Self.request, in: scope).isEmpty)
            note("idempotency", try await journal.idempotencyRecord("k", in: scope) != nil)
            note("feed", try await !journal.feed(in: scope, after: .start, limit: 9).isEmpty)
            note("feed bounds", try await journal.feedBounds(in: scope).head != .start)
            note("command", try await journal.storedCommand(Self.command, in: scope) != nil)
            note("undecided", try await !journal.undecided(of: key, in: scope, limit: 9).isEmpty)
            let agent = try AgentName("clerk")
            note("agent", try await journal.agent(agent, in: scope) != nil)
            note("version", try await journal.agent(agent, version: 1, in: scope) != nil)
            note("versions", try await !journal.versions(of: agent, in: scope, before: nil, limit: 9).isEmpty)
            note("agents", try await !journal.agents(in: scope, after: nil, limit: 9).isEmpty)
            note("secret", try await journal.secret(try SecretName("TOKEN"), in: scope) != nil)
            note("secrets", try await !journal.secrets(in: scope, after: nil, limit: 9).isEmpty)
            note("user", try await journal.user(try UserID("ann"), in: scope) != nil)
            note("users", try await !journal.users(in: scope, after: nil, limit: 9).isEmpty)
            note("audit log", try await !journal.auditRows(in: scope, after: 0, limit: 9).isEmpty)
            note("audit log's row", try await journal.auditRow(of: Self.request, in: scope) != nil)
            note("audit log's end", try await journal.auditState(in: scope) != .beginning)
            note("policy", try await journal.policy(in: scope) != nil)
            note("policy's version", try await journal.policy(version: 1, in: scope) != nil)
            note("policies", try await !journal.policies(in: scope, before: nil, limit: 9).isEmpty)
            let readings = try await journal.counters([CounterQuery(key: Self.counter, since: nil)], in: scope)
            note("webhook", try await journal.webhook(in: scope) != nil)
            note("deliveries", try await !journal.deliveries(DeliveryQuery(limit: 9), in: scope).isEmpty)
            let due = try await journal.dueDeliveries(of: scope, in: Shard.all, at: WritingScene.time(9), limit: 9)
            note("due deliveries", !due.isEmpty)
            note("counters", readings != [CounterReading(revision: 0, sum: 0)])
            return found
        }

        private static let hide = PostgresStatement(
            """
            do $$
            declare
                name text;
            begin
                for name in select tablename from pg_policies where policyname = 'api_select' loop
                    execute format('create policy nothing on %I as restrictive to holdpoint_api using (false)', name);
                end loop;
            end
            $$
            """)

        @Test func `I5: every read of a scope obeys the policies of the role that sees one project`() async throws {
            try await WritingScene.run { scene in
                let identity = try await fill(scene)
                #expect(try await findings(scene, of: identity, in: scene.scope).count == 34)
                #expect(try await findings(scene, of: identity, in: scene.foreign) == [])
                _ = try await scene.base.pool.run(Self.hide)
                #expect(try await findings(scene, of: identity, in: scene.scope) == [])
                // What a node asks across projects is read by another role.
                let heads = try await scene.journal.heads(of: [identity.reference])
                #expect(heads == [identity.key: 1])
            }
        }

        @Test func `I5: heads and outcomes are those of the scope that is named`() async throws {
            try await WritingScene.run { scene in
                let identity = try await fill(scene)
                let decision = DecidedCommand(id: Self.command, outcome: .dead("?"))
                #expect(try await scene.journal.decide(decision, in: scene.scope))
                let nowhere = Scope(tenant: scene.scope.tenant, project: try ProjectName("nowhere"))
                for scope in [scene.foreign, nowhere] {
                    let session = SessionReference(scope: scope, key: identity.key)
                    #expect(try await scene.journal.heads(of: [session]) == [:])
                    let command = StoredCommandReference(scope: scope, id: Self.command)
                    #expect(try await scene.journal.decided(among: [command]) == [])
                }
                let command = StoredCommandReference(scope: scene.scope, id: Self.command)
                #expect(try await scene.journal.decided(among: [command]) == [Self.command])
            }
        }
    }
}
