import HoldpointCore
import JSON

/// Names and times that all tests share.
enum Sample {
    static let agent = Principal.key("agent-key")
    static let alice = Principal.key("alice")
    static let bob = Principal.key("bob")
    static let operatorKey = Principal.key("operator")
    static let start = Timestamp(milliseconds: 1_795_217_880_000)
    static let hasher = SHA256Hasher()

    static func identity(_ id: String = "order-7") throws -> SessionIdentity {
        SessionIdentity(
            scope: Scope(tenant: try TenantName("acme"), project: try ProjectName("billing")),
            key: SessionKey(time: start, random: Identifier128(high: 1, low: 2)), id: try SessionID(id))
    }

    static func request(_ number: UInt64) -> RequestID {
        RequestID(time: Timestamp(milliseconds: 7), random: Identifier128(high: 0xabcd, low: number))
    }

    static func start(
        id: String = "order-7", agent name: String = "biller", input: JSONValue = ["order": 7],
        labels: [String: String] = [:]
    ) throws -> StartSession {
        StartSession(
            id: try SessionID(id), agent: try AgentName(name), agentVersion: 3, program: .external, input: input,
            labels: labels, onBehalfOf: nil, principal: agent)
    }

    static func open(_ number: UInt64, _ body: JSONValue) throws -> OpenRequest {
        OpenRequest(id: request(number), draft: try RequestDraft(body), principal: agent)
    }

    static func clarification(_ extra: JSONValue = [:]) -> JSONValue {
        merge(["type": "clarification", "title": "Which address?"], extra)
    }

    static func permission(_ extra: JSONValue = [:]) -> JSONValue {
        merge(
            ["type": "permission", "title": "Send it?", "tool": "send_invoice", "arguments": ["amount": 1800]], extra)
    }

    static func decision(_ extra: JSONValue = [:]) -> JSONValue {
        merge(
            ["type": "decision", "title": "How?", "options": [["id": "fast"], ["id": "cheap"], ["id": "green"]]], extra)
    }

    static func environment(_ extra: JSONValue = [:]) -> JSONValue {
        merge(
            ["type": "env_var", "title": "Keys", "tool": "billing", "fields": [["name": "TOKEN"]]], extra)
    }

    /// The members of both; those of `extra` win, and null takes a member away.
    static func merge(_ base: JSONValue, _ extra: JSONValue) -> JSONValue {
        var object = base.objectValue ?? JSONObject()
        for (key, value) in extra.objectValue ?? JSONObject() { object[key] = value.isNull ? Optional.none : value }
        return .object(object)
    }
}

/// The value of a JSON text, for what Swift's literals cannot write.
func json(_ text: String) -> JSONValue { (try? JSONParser.parse(text)) ?? .string("not JSON: " + text) }

/// One event as a store would keep it.
struct LogEntry {
    let type: String
    let position: EventPosition
    var data: [UInt8]
    var chain: Digest

    func json() throws -> JSONValue { try JSONParser.parse(data, limits: EventRegistry.recordedLimits) }
}

/// A session driven by hand: it decides, applies and records, with a clock that the test sets.
struct LiveSession {
    private(set) var state: SessionState
    private(set) var log: [LogEntry] = []
    var now = Sample.start
    var limits = SessionLimits.standard
    /// What a workflow's session was started with.
    var workflow: WorkflowDefinition?
    /// What other sessions were told.
    private(set) var outgoing: [OutgoingCommand] = []
    /// The project's policy, and what its counters have.
    var policy = PolicyKnowledge.Standing.none
    var counters = TestCounters()
    /// What the last command changed in the counters.
    private(set) var changes: [CounterChange] = []

    /// A session before its first event.
    init() throws {
        state = SessionState(identity: try Sample.identity())
    }

    /// A session that has started.
    static func started() throws -> LiveSession {
        var session = try LiveSession()
        try session.accept(try Sample.start())
        return session
    }

    mutating func advance(seconds: Int64) { now = now.adding(milliseconds: seconds * 1_000) }

    func decide(_ command: any SessionCommand) -> Decision {
        var readings: [CounterQuery: CounterReading] = [:]
        return decided(&readings, CounterAdditions()) { command.decide(state, in: $0) }
    }

    /// Gives a decision what it asks for of the policy, until it is made.
    private func decided(
        _ readings: inout [CounterQuery: CounterReading], _ pending: CounterAdditions,
        seed: Identifier128 = Identifier128(high: 0, low: 0),
        _ decide: (DecisionContext) -> Decision
    ) -> Decision {
        var standing = PolicyKnowledge.Standing.unknown
        while true {
            let context = DecisionContext(
                now: now, hasher: Sample.hasher, limits: limits, seed: seed,
                workflow: workflow, policy: PolicyKnowledge(standing, readings: readings, pending: pending))
            switch decide(context) {
            case .needsPolicy: standing = policy
            case .needsCounters(let queries):
                for query in queries { readings[query] = counters.reading(of: query) }
            case let decision: return decision
            }
        }
    }

    /// Decides and applies; returns the new events, or throws the rejection.
    @discardableResult
    mutating func accept(_ command: any SessionCommand) throws -> [LogEntry] {
        var readings: [CounterQuery: CounterReading] = [:]
        switch decided(&readings, CounterAdditions(), { command.decide(state, in: $0) }) {
        case .accept(let events, _):
            let before = state
            let known = log.count
            var all = events
            try events.forEach { try record($0) }
            var goesOn = true
            while goesOn, state.canAdvance {
                var pending = CounterAdditions()
                pending.add(before.counterChanges(of: all, to: state, revisions: [:], at: now))
                let more = try programEvents(&readings, pending)
                all += more
                try more.forEach { try record($0) }
                goesOn = state.workflow?.place.isYielding == false
            }
            outgoing += before.outgoing(of: all, to: state)
            let revisions = Dictionary(readings.map { ($0.key.key, $0.value.revision) }, uniquingKeysWith: min)
            changes = before.counterChanges(of: all, to: state, revisions: revisions, at: now)
            try counters.apply(changes)
            return Array(log[known...])
        case .reject(let rejection): throw rejection
        case .needs, .needsPolicy, .needsCounters: throw UnexpectedNeed()
        }
    }

    /// What the program does next.
    private func programEvents(
        _ readings: inout [CounterQuery: CounterReading], _ pending: CounterAdditions
    ) throws -> [any SessionEvent] {
        let state = state
        let decision = decided(&readings, pending, seed: Identifier128(high: 7, low: UInt64(log.count))) {
            state.advance(in: $0)
        }
        guard case .accept(let events, _) = decision else { throw UnexpectedNeed() }
        return events
    }

    /// Why a command is refused; nil if it is not.
    func refusal(of command: any SessionCommand) -> Rejection? {
        if case .reject(let rejection) = decide(command) { rejection } else { nil }
    }

    /// Applies an event and appends it to the log.
    @discardableResult
    mutating func record(_ event: any SessionEvent) throws -> LogEntry {
        let data = event.data(session: state.identity.id)
        let position = EventPosition(
            sequence: state.sequence + 1, time: max(now, state.updatedAt), dataBytes: data.count)
        try state.apply(event, at: position)
        let type = Swift.type(of: event).type
        let chain = EventChain.value(
            after: log.last?.chain ?? .zero, session: state.identity.key, sequence: position.sequence,
            time: position.time, type: type, data: data, hasher: Sample.hasher)
        let entry = LogEntry(type: type.text, position: position, data: data, chain: chain)
        log.append(entry)
        return entry
    }

    /// An answer, received now unless said otherwise.
    func answer(
        _ number: UInt64, _ response: JSONValue, by principal: Principal = Sample.alice, as person: Person? = nil,
        comment: String? = nil, receivedAt: Timestamp? = nil, fingerprint: String? = nil
    ) -> AnswerRequest {
        AnswerRequest(
            request: Sample.request(number), response: response, comment: comment,
            responder: Responder(key: principal, person: person),
            receivedAt: receivedAt ?? now, fingerprint: fingerprint ?? "mac-\(number)", sealedSecrets: [])
    }
}

/// No command asks for expressions, and the workflows here have none that Core cannot evaluate itself.
struct UnexpectedNeed: Error {}

/// Reads an event back from what a store would hold.
func decoded(_ entry: LogEntry) throws -> any SessionEvent {
    guard let event = try EventRegistry.event(named: entry.type, data: entry.data) else {
        throw MalformedRecord(what: entry.type, violations: [])
    }
    return event
}

/// A command as a store would keep it.
func stored(_ command: any SessionCommand) -> [UInt8] {
    var writer = JSONWriter()
    command.write(into: &writer)
    return writer.bytes
}

/// The fold of a log from a state on.
func fold(_ entries: some Sequence<LogEntry>, onto base: SessionState) throws -> SessionState {
    var state = base
    for entry in entries { try state.apply(try decoded(entry), at: entry.position) }
    return state
}

extension Array where Element == JSONViolation {
    /// Pointers alone, in order.
    var pointers: [String] { map(\.pointer.description) }
}
