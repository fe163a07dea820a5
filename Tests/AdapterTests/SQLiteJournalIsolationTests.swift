import HoldpointCore
import HoldpointPorts
import SQLiteJournal
import Testing

/// One project full of everything, and a reader of another tenant who knows all its identifiers.
@Suite("Isolation in the SQLite journal", .timeLimit(.minutes(1)))
struct SQLiteJournalIsolationTests {
    @Test func `I5: every query by identifier finds nothing in another tenant or project`() async throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        let world = try await World(journal)
        for scope in [world.owner] + world.strangers {
            let isOwner = scope == world.owner
            let session = world.session
            #expect(try await journal.hasProject(scope))
            #expect((try await journal.load(session.key, in: scope, usingSnapshot: true) != nil) == isOwner)
            #expect((try await journal.find(session.id, in: scope) != nil) == isOwner)
            #expect(try await journal.events(of: session.key, in: scope, after: 0, limit: 9).isEmpty == !isOwner)
            #expect(try await journal.sessions(SessionQuery(limit: 9), in: scope).isEmpty == !isOwner)
            #expect(try await journal.requests(RequestQuery(limit: 9), in: scope).isEmpty == !isOwner)
            #expect(
                try await journal.requests(RequestQuery(session: session.key, limit: 9), in: scope).isEmpty == !isOwner)
            #expect(
                try await journal.requests(RequestQuery(status: .pending, limit: 9), in: scope).isEmpty == !isOwner)
            #expect((try await journal.request(world.request, in: scope) != nil) == isOwner)
            #expect(try await journal.secrets(of: world.request, in: scope).isEmpty == !isOwner)
            #expect((try await journal.idempotencyRecord("key", in: scope) != nil) == isOwner)
            #expect(try await journal.feed(in: scope, after: .start, limit: 9).isEmpty == !isOwner)
            #expect((try await journal.feedBounds(in: scope).head == .start) == !isOwner)
            let reference = SessionReference(scope: scope, key: session.key)
            #expect(try await journal.heads(of: [reference]).isEmpty == !isOwner)
            #expect((try await journal.storedCommand(world.command, in: scope) != nil) == isOwner)
            #expect(try await journal.undecided(of: session.key, in: scope, limit: 9).isEmpty == !isOwner)
            #expect((try await journal.agent(AgentName("bot"), in: scope) != nil) == isOwner)
            #expect((try await journal.agent(AgentName("bot"), version: 1, in: scope) != nil) == isOwner)
            let versions = try await journal.versions(of: AgentName("bot"), in: scope, before: nil, limit: 9)
            #expect(versions.isEmpty == !isOwner)
            #expect(try await journal.agents(in: scope, after: nil, limit: 9).isEmpty == !isOwner)
        }
    }

    @Test func `I5: every change by identifier does nothing from another tenant or project`() async throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        let world = try await World(journal)
        for scope in world.strangers {
            let fence = world.writer.fence(of: world.session)
            let foreign = SessionIdentity(scope: scope, key: world.session.key, id: world.session.id)
            let commit = try world.writer.make(foreign, after: 1)
            #expect(await journalFailure { _ = try await journal.commit(commit) } == .conflict(head: 0))
            let decision = DecidedCommand(id: world.command, outcome: .dead("stolen"))
            #expect(try await !journal.decide(decision, in: scope))
            #expect(await journalFailure { _ = try await journal.countAttempt(world.command, in: scope) } != nil)
            #expect(
                await journalFailure {
                    try await journal.setQuarantine("no", of: world.session.key, in: scope, fence: fence)
                } != nil)
            // A session of the stranger's own cannot touch the owner's request or stored command.
            let own = try JournalWriter.session(77, in: scope)
            let closing = RequestChange(
                id: world.request, type: .environment, status: .answered, openedAt: nil, closedAt: 1)
            let theft = try world.writer.make(own, after: 0, requests: [closing])
            #expect(await journalFailure { _ = try await journal.commit(theft) } != nil)
            let taking = try world.writer.make(own, after: 0, decided: decision)
            #expect(await journalFailure { _ = try await journal.commit(taking) } != nil)
        }
        let stored = try await journal.load(world.session.key, in: world.owner, usingSnapshot: false)
        #expect(stored?.tail.count == 1)
        #expect(stored?.quarantine == nil)
        #expect(try await journal.request(world.request, in: world.owner)?.status == .pending)
        let command = try await journal.storedCommand(world.command, in: world.owner)
        #expect(command?.outcome == nil)
        #expect(command?.command.attempts == 0)
    }

    @Test func `I5: the same identifiers in another project are other things`() async throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        let world = try await World(journal)
        for (number, scope) in world.strangers.enumerated() {
            let twin = SessionIdentity(
                scope: scope, key: try JournalWriter.session(UInt64(100 + number), in: scope).key, id: world.session.id)
            _ = try await journal.commit(
                world.writer.make(twin, after: 0, idempotency: world.writer.record("key", twin)))
            #expect(try await journal.find(twin.id, in: scope) == twin)
            #expect(try await journal.idempotencyRecord("key", in: scope)?.session == twin)
        }
        #expect(try await journal.find(world.session.id, in: world.owner) == world.session)
        #expect(try await journal.idempotencyRecord("key", in: world.owner)?.session == world.session)
    }

    /// The owner's data.
    private struct World {
        let writer: JournalWriter
        let owner: Scope
        let strangers: [Scope]
        let session: SessionIdentity
        let request = JournalWriter.request(1)
        let command: StoredCommandID

        init(_ journal: SQLiteJournal) async throws {
            writer = try await JournalWriter(journal)
            owner = writer.scope
            strangers = [
                Scope(tenant: owner.tenant, project: try ProjectName("other")),
                Scope(tenant: try TenantName("rival"), project: owner.project),
            ]
            for scope in strangers {
                _ = try await journal.createTenant(scope.tenant)
                _ = try await journal.createProject(scope)
            }
            session = try writer.session(1)
            let opening = RequestChange(
                id: request, type: .environment, status: .pending, openedAt: 1, closedAt: nil)
            let secret = SealedSecret(handle: SecretHandle(request: request, field: "TOKEN"), box: [1])
            _ = try await journal.commit(
                writer.make(
                    session, after: 0, requests: [opening], snapshot: JournalWriter.snapshot(1), secrets: [secret],
                    idempotency: writer.record("key", session)))
            let stored = JournalWriter.command(1, for: session)
            command = stored.id
            try await journal.store(stored)
            let definition = AgentDefinition(
                name: try AgentName("bot"), program: .external, inputSchema: nil, labels: [:])
            _ = try await journal.putAgent(definition, in: owner)
        }
    }
}
