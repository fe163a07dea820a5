import EventLoop
import HoldpointCore
import HoldpointPorts
import JSON

/// A gateway that knows one project, `acme/default`, with one session, one request of each type and one stored command.
///
/// It records what it is asked. Whatever is asked in another scope does not exist.
final class RESTScriptedGateway: SessionGateway {
    /// One call, as far as tests look at it.
    struct Call: Sendable {
        let name: String
        let scope: Scope
        var options: CommandOptions?
        var detail = ""
    }

    /// What the next calls find.
    struct Script: Sendable {
        var calls: [Call] = []
        var refusal: GatewayError?
        var isStored = false
        var isNew = false
        var isReplay = false
        var isAnswered = false
        var outcome: StoredOutcome?
        var commandKind = AnswerRequest.kind
        var nextCursor: String?
        var readiness = Readiness(parts: [("engine", nil)])
        var events: [WireEvent] = []
        /// How many events are sent before the client is waited for.
        var page = 256
        var unwatched: [SubscriberID] = []
        var watching: [SubscriberID: any EventSink] = [:]
        /// Called when a subscription ends.
        var onUnwatch: (@Sendable () -> Void)?
    }

    static let fullKey = "hp_full_0123456789abcdef"

    let home: Scope
    private let keys: [String: Caller]
    private let script = Locked(Script())

    init(keys: [String: Caller] = [:]) throws {
        home = Scope(tenant: try TenantName("acme"), project: try ProjectName("default"))
        let full = Caller(
            principal: .key("full"), tenant: home.tenant, project: home.project, scopes: Set(KeyScope.allCases))
        self.keys = keys.merging([Self.fullKey: full]) { first, _ in first }
    }

    func change(_ change: @Sendable (inout Script) -> Void) { script.withLock { change(&$0) } }

    var state: Script { script.withLock { $0 } }
    var calls: [Call] { state.calls }

    func note(
        _ name: String, _ scope: Scope, _ options: CommandOptions? = nil, detail: String = ""
    ) throws(GatewayError) {
        let call = Call(name: name, scope: scope, options: options, detail: detail)
        let refusal = script.withLock { script -> GatewayError? in
            script.calls.append(call)
            return script.refusal
        }
        if let refusal { throw refusal }
    }

    /// Makes a sample; the samples are sound, so only another scope's are missing.
    private func sample<Value>(
        _ scope: Scope, _ missing: RejectionCode, _ make: () throws -> Value?
    ) throws(GatewayError) -> Value {
        let value = scope == home ? try? make() : nil
        guard let value else { throw .rejected(Rejection(missing, "there is no such thing")) }
        return value
    }

    func authenticate(_ bearer: String) async throws(GatewayError) -> Caller? { keys[bearer] }

    func hasProject(_ scope: Scope) async throws(GatewayError) -> Bool { scope == home }

    func readiness() async -> Readiness { state.readiness }

    func putAgent(_ definition: AgentDefinition, in scope: Scope) async throws(GatewayError) -> AgentRecord {
        let document = definition.definition
        try note("putAgent", scope, detail: "\(document?.text ?? "-") \(definition.inputSchema?.text ?? "-")")
        // Where a real one stores what the text says.
        let stored = document?.stringValue == nil ? document : JSONValue.object(["text": document ?? .null])
        let record = AgentDefinition(
            name: definition.name, program: definition.program, definition: stored,
            inputSchema: definition.inputSchema, labels: definition.labels)
        return AgentRecord(definition: record, version: 1, createdAt: Timestamp(milliseconds: 0))
    }

    private func agentRecord() throws -> AgentRecord {
        AgentRecord(
            definition: AgentDefinition(
                name: try AgentName("invoice"), program: .external, inputSchema: ["type": "object"],
                labels: ["a": "b"]),
            version: 2, createdAt: Timestamp(milliseconds: 0))
    }

    func agent(_ name: AgentName, in scope: Scope) async throws(GatewayError) -> AgentRecord {
        try note("agent", scope)
        return try sample(scope, .agentNotFound) { name.text == "invoice" ? try agentRecord() : nil }
    }

    func agents(
        in scope: Scope, after name: AgentName?, limit: Int
    ) async throws(GatewayError) -> Page<AgentRecord> {
        try note("agents", scope, detail: "after \(name?.text ?? "-") limit \(limit)")
        return page(try? agentRecord(), in: scope)
    }

    private func page<Item: Sendable>(_ item: Item?, in scope: Scope) -> Page<Item> {
        Page(items: scope == home ? [item].compactMap { $0 } : [], nextCursor: scope == home ? state.nextCursor : nil)
    }

    func start(
        _ start: SessionStart, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult {
        try note("start", scope, options)
        if start.agent.text != "invoice" || scope != home {
            throw .rejected(
                Rejection(
                    .agentUnknown, "there is no such agent",
                    violations: [JSONViolation(pointer: JSONPointer.root.appending("agent"), detail: "is no agent")]))
        }
        return try sessionResult(in: scope)
    }

    private func sessionResult(in scope: Scope) throws(GatewayError) -> CommandResult {
        let script = state
        let view = try sample(scope, .sessionNotFound) { try RESTSamples.session(in: scope) }
        if script.isStored {
            return .stored(RESTSamples.commandID, session: view.state.identity.id, request: nil)
        }
        return .session(view, isNew: script.isNew, isReplay: script.isReplay)
    }

    private func requestResult(_ id: RequestID, in scope: Scope) throws(GatewayError) -> CommandResult {
        let script = state
        let view = try sample(scope, .requestNotFound) {
            try RESTSamples.request(id, in: scope, isAnswered: script.isAnswered)
        }
        if script.isStored { return .stored(RESTSamples.commandID, session: view.session, request: id) }
        return .request(view, isNew: script.isNew, isReplay: script.isReplay)
    }

    func command(
        _ act: SessionAct, to session: SessionID, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult {
        try note("command", scope, options, detail: session.text)
        guard session.text == "s1" else { throw .rejected(Rejection(.sessionNotFound, "there is no such session")) }
        if case .openRequest(let draft) = act {
            return try requestResult(RESTSamples.requestID(type(of: draft.question).type), in: scope)
        }
        return try sessionResult(in: scope)
    }

    func answer(
        _ answer: RawAnswer, to request: RequestID, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult {
        try note("answer", scope, options, detail: request.description + (answer.user.map { " as \($0)" } ?? ""))
        return try requestResult(request, in: scope)
    }

    func act(
        _ act: RequestAct, on request: RequestID, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult {
        try note("act", scope, options, detail: "\(act)")
        return try requestResult(request, in: scope)
    }

    func withdraw(
        _ request: RequestID, reason: String?, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult {
        try note("withdraw", scope, options, detail: reason ?? "-")
        return try requestResult(request, in: scope)
    }

    func session(_ id: SessionID, in scope: Scope) async throws(GatewayError) -> SessionView {
        try note("session", scope)
        return try sample(scope, .sessionNotFound) { id.text == "s1" ? try RESTSamples.session(in: scope) : nil }
    }

    func session(_ id: SessionID, in scope: Scope, waiting: Duration) async throws(GatewayError) -> SessionView {
        try note("session", scope, detail: "waiting \(waiting)")
        return try sample(scope, .sessionNotFound) {
            id.text == "s1" ? try RESTSamples.session(in: scope, isCompleted: true) : nil
        }
    }

    func sessions(
        status: SessionStatus?, agent: AgentName?, cursor: String?, limit: Int, in scope: Scope
    ) async throws(GatewayError) -> Page<SessionView> {
        try note(
            "sessions", scope,
            detail: "\(status?.rawValue ?? "-") \(agent?.text ?? "-") \(cursor ?? "-") limit \(limit)")
        return page(try? RESTSamples.session(in: home), in: scope)
    }

    func events(
        of id: SessionID, in scope: Scope, after sequence: Int64, limit: Int
    ) async throws(GatewayError) -> Page<WireEvent> {
        try note("events", scope, detail: "after \(sequence) limit \(limit)")
        let events = state.events
        return Page(
            items: try sample(scope, .sessionNotFound) {
                Array(events.dropFirst(Int(sequence)).prefix(limit))
            }, nextCursor: nil)
    }

    func request(_ id: RequestID, in scope: Scope) async throws(GatewayError) -> RequestView {
        try note("request", scope)
        return try sample(scope, .requestNotFound) { try RESTSamples.request(id, in: scope) }
    }

    func request(_ id: RequestID, in scope: Scope, waiting: Duration) async throws(GatewayError) -> RequestView {
        try note("request", scope, detail: "waiting \(waiting)")
        return try sample(scope, .requestNotFound) { try RESTSamples.request(id, in: scope, isAnswered: true) }
    }

    func requests(
        status: RequestStatus?, type: RequestType?, session: SessionID?, cursor: String?, limit: Int, in scope: Scope
    ) async throws(GatewayError) -> Page<RequestView> {
        try note(
            "requests", scope,
            detail: "\(status?.rawValue ?? "-") \(type?.rawValue ?? "-") \(session?.text ?? "-") limit \(limit)")
        return page(try? RESTSamples.request(RESTSamples.requestID(.permission), in: home), in: scope)
    }

    func secrets(
        of request: RequestID, in scope: Scope, caller: Principal
    ) async throws(GatewayError) -> [(name: String, value: String)] {
        try note("secrets", scope, detail: caller.text)
        return try sample(scope, .requestNotFound) { [("API_KEY", "s3cret")] }
    }

    func storedCommand(_ id: StoredCommandID, in scope: Scope) async throws(GatewayError) -> StoredCommandView {
        try note("storedCommand", scope)
        let script = state
        return try sample(scope, .commandNotFound) {
            guard id == RESTSamples.commandID else { return nil }
            return StoredCommandView(
                command: StoredCommand(
                    id: id, session: try RESTSamples.identity(in: scope), kind: script.commandKind, sealed: [1, 2, 3],
                    principal: RESTSamples.key, receivedAt: id.receipt, attempts: 1),
                outcome: script.outcome)
        }
    }

    func watch(
        session id: SessionID, in scope: Scope, after sequence: Int64, subscriber: SubscriberID, sink: any EventSink
    ) async throws(GatewayError) -> WatchStart {
        try note("watch", scope, detail: "after \(sequence)")
        _ = try sample(scope, .sessionNotFound) { id.text == "s1" ? true : nil }
        let script = state
        let rest = script.events.dropFirst(Int(sequence))
        if rest.isEmpty, script.events.last?.endsSession == true { return .nothingLeft }
        change { $0.watching[subscriber] = sink }
        for (index, event) in rest.enumerated() {
            sink.send(event, to: [subscriber])
            if (index + 1).isMultiple(of: script.page), await !sink.drained(subscriber) { return .streaming }
        }
        if script.events.last?.endsSession == true { sink.end([subscriber]) }
        return .streaming
    }

    func watch(
        feedOf scope: Scope, after position: FeedPosition?, types: Set<EventType>?, subscriber: SubscriberID,
        sink: any EventSink
    ) async throws(GatewayError) -> WatchStart {
        let names = types.map { $0.map(\.text).sorted().joined(separator: ",") } ?? "all"
        try note("watchFeed", scope, detail: "after \(position?.description ?? "now") \(names)")
        change { $0.watching[subscriber] = sink }
        return .streaming
    }

    func unwatch(_ subscriber: SubscriberID, sink: any EventSink) async {
        let action = script.withLock { script in
            script.watching[subscriber] = nil
            script.unwatched.append(subscriber)
            return script.onUnwatch
        }
        action?()
    }
}

extension StoredCommandID {
    /// When a sample's command was received: its id says so.
    var receipt: Timestamp { Timestamp(milliseconds: Int64(value.high >> 16)) }
}
