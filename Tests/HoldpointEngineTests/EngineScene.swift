import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON

/// An engine over stores in memory, with the wishes of a test: what lies between it and its ports.
struct EngineScene: Sendable {
    static let alice = Principal.key("alice")
    static let bob = Principal.key("bob")

    static let signer = SimulatedSigner(seed: 9)

    let clock: ManualClock
    let journal: MemoryJournal
    let faults: FaultSource
    let scope: Scope
    let otherScope: Scope
    let agent: AgentName
    private let entropy: SeededEntropy
    var secretBox: any SecretBox
    var calls: any HTTPCaller = NoCalls()
    var decorate: @Sendable (any Journal) -> any Journal = { $0 }
    /// Whether feeds are audited as they grow; else it is done for nobody but the retention, since it would take turns
    /// from what other tests give a number of turns to.
    var isAuditing = false
    var configure: @Sendable (inout EngineConfiguration) -> Void = { _ in }

    init() async throws {
        clock = ManualClock()
        journal = MemoryJournal(clock: clock)
        entropy = SeededEntropy(seed: 7)
        secretBox = SimulatedSecretBox(seed: 8)
        faults = FaultSource(entropy: entropy)
        scope = Scope(tenant: try TenantName("acme"), project: try ProjectName("default"))
        otherScope = Scope(tenant: try TenantName("rival"), project: try ProjectName("default"))
        agent = try AgentName("invoice")
        for scope in [scope, otherScope] {
            _ = try await journal.createTenant(scope.tenant)
            _ = try await journal.createProject(scope)
            _ = try await journal.putAgent(
                AgentDefinition(name: agent, program: .external, inputSchema: nil, labels: [:]), in: scope)
        }
    }

    /// A new engine on the same store, as after a restart.
    func engine() throws -> Engine {
        var configuration = EngineConfiguration(node: try NodeName("test"))
        if !isAuditing {
            configuration.auditDelayMilliseconds = 1_000_000_000_000
            configuration.auditSweepMilliseconds = 1_000_000_000_000
        }
        configure(&configuration)
        return Engine(
            configuration: configuration,
            ports: EnginePorts(
                journal: decorate(FaultyJournal(journal, faults: faults)), directory: journal,
                streams: FaultyStreams(MemoryStreams(), faults: faults), clock: clock, entropy: entropy,
                hasher: SimulatedHasher(), secretBox: secretBox,
                signer: Self.signer, expressions: NoExpressions(), documents: JSONDocuments(), calls: calls,
                executors: OwnExecutors()))
    }

    /// Runs `body` while an engine serves, and stops it cleanly.
    func serving(_ body: @escaping @Sendable (Engine) async throws -> Void) async throws {
        try await serving(try engine(), body)
    }

    /// Runs `body` while this engine serves, and stops it cleanly.
    func serving(_ engine: Engine, _ body: @escaping @Sendable (Engine) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await engine.run() }
            // The engine sleeps in its services once it serves.
            await clock.waitForSleepers(5)
            do {
                try await body(engine)
            } catch {
                await engine.stop()
                throw error
            }
            await engine.stop()
            try await group.waitForAll()
        }
    }

    func options(
        _ principal: Principal = alice, key: String? = nil, body: String = "", respondAsync: Bool = false
    ) -> CommandOptions {
        CommandOptions(
            principal: principal, idempotencyKey: key, body: Array(body.utf8), respondAsync: respondAsync)
    }
}

extension EngineScene {
    func start(
        _ engine: Engine, id: String? = nil, input: JSONValue = ["n": 1], key: String? = nil
    ) async throws -> SessionView {
        let start = SessionStart(
            id: try id.map { try SessionID($0) }, agent: agent, input: input, labels: [:], onBehalfOf: nil)
        let result = try await engine.start(start, in: scope, options: options(key: key, body: input.text))
        guard case .session(let view, _, _) = result else { throw Surprise("the start was stored") }
        return view
    }

    func open(_ engine: Engine, _ body: JSONValue, in session: SessionID) async throws -> RequestView {
        let result = try await engine.command(
            .openRequest(try RequestDraft(body)), to: session, in: scope, options: options())
        guard case .request(let view, _, _) = result else { throw Surprise("the request was stored") }
        return view
    }

    func answer(
        _ engine: Engine, _ response: JSONValue, to request: RequestID, by principal: Principal = alice
    ) async throws -> RequestView {
        let result = try await engine.answer(
            RawAnswer(response: response, comment: nil), to: request, in: scope, options: options(principal))
        guard case .request(let view, _, _) = result else { throw Surprise("the answer was stored") }
        return view
    }

    /// Stores an answer for later, as `Prefer: respond-async` does.
    func storeAnswer(
        _ engine: Engine, _ response: JSONValue, to request: RequestID, by principal: Principal = alice
    ) async throws -> StoredCommandID {
        let result = try await engine.answer(
            RawAnswer(response: response, comment: nil), to: request, in: scope,
            options: options(principal, respondAsync: true))
        guard case .stored(let id, _, _) = result else { throw Surprise("the answer was applied at once") }
        return id
    }

    /// Waits until a stored command has its outcome, moving the clock as the engine's own services would need.
    func outcome(_ engine: Engine, of id: StoredCommandID) async throws -> StoredOutcome {
        // Until the test's time limit: on a busy machine the engine's turn may be long in coming.
        while !Task.isCancelled {
            if let outcome = try await engine.storedCommand(id, in: scope).outcome { return outcome }
            clock.advance(milliseconds: 500)
            await Task.yield()
        }
        throw Surprise("no outcome came")
    }

    /// Waits until a session has the status, moving the clock in small steps.
    func status(_ engine: Engine, of id: SessionID, becomes status: SessionStatus) async throws -> SessionView {
        // As in `outcome`: the test's time limit is the bound.
        while !Task.isCancelled {
            // It may be one that another session has yet to start.
            let view = try await found { try await engine.session(id, in: scope) }
            if let view, view.status == status { return view }
            clock.advance(milliseconds: 100)
            await Task.yield()
        }
        throw Surprise("the session did not become \(status)")
    }
}

/// Something that the test did not expect.
struct Surprise: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The rejection with which `body` ends.
func rejection(_ body: () async throws -> some Any) async throws -> Rejection {
    do {
        _ = try await body()
    } catch GatewayError.rejected(let rejection) {
        return rejection
    }
    throw Surprise("nothing was rejected")
}

/// What `body` finds; nil if there is no such session.
private func found(_ body: () async throws -> SessionView) async throws -> SessionView? {
    do {
        return try await body()
    } catch GatewayError.rejected(let rejection) where rejection.code == .sessionNotFound {
        return nil
    }
}

/// Collects what a subscriber gets.
final class CollectingSink: EventSink {
    private let received: Collected

    init() {
        received = Collected()
    }

    func send(_ event: WireEvent, to subscribers: [SubscriberID]) {
        for subscriber in subscribers { received.add(event, for: subscriber) }
    }

    func end(_ subscribers: [SubscriberID]) {
        for subscriber in subscribers { received.end(subscriber) }
    }

    func drained(_ subscriber: SubscriberID) async -> Bool { true }

    /// The ids of the events that came so far.
    func ids(_ subscriber: SubscriberID) -> [String] { received.ids(subscriber) }

    /// Waits until the stream has ended; returns the ids of all its events.
    func wholeStream(_ subscriber: SubscriberID) async -> [String] {
        while !received.hasEnded(subscriber) { await Task.yield() }
        return received.ids(subscriber)
    }

    /// Waits until so many events came.
    func ids(_ subscriber: SubscriberID, count: Int) async -> [String] {
        while received.ids(subscriber).count < count { await Task.yield() }
        return received.ids(subscriber)
    }
}
