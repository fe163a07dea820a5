import HoldpointCore
import HoldpointPorts
import JSON

/// Sessions, requests and events made by the core itself, for a gateway that holds nothing.
enum RESTSamples {
    static let requestTypes = RequestType.allCases

    /// A hasher that is only as good as these tests need.
    private struct PlainHasher: HoldpointCore.Hasher {
        func sha256(_ bytes: [UInt8]) -> Digest {
            let sum = bytes.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
            let half = Identifier128(high: sum, low: ~sum)
            return Digest(first: half, second: half)
        }
    }

    static let key = Principal.key("opener")

    static func requestID(_ type: RequestType) -> RequestID {
        RequestID(
            time: Timestamp(milliseconds: 7),
            random: Identifier128(high: 7, low: UInt64(requestTypes.firstIndex(of: type) ?? 0)))
    }

    static let commandID = StoredCommandID(
        Identifier128(time: Timestamp(milliseconds: 1_700_000_000_123), random: Identifier128(high: 1, low: 2)))

    /// The body that opens a request of a type.
    static func body(_ type: RequestType) -> JSONValue {
        switch type {
        case .clarification: ["type": "clarification", "title": "Which?"]
        case .decision:
            ["type": "decision", "title": "Which way?", "options": [["id": "left"], ["id": "right"]]]
        case .environment: ["type": "env_var", "title": "A key", "tool": "mail", "fields": [["name": "API_KEY"]]]
        case .permission:
            [
                "type": "permission", "title": "Pay?", "tool": "pay", "arguments": ["eur": 2000], "allow_edit": true,
                "expires_in": 600,
            ]
        }
    }

    static func identity(in scope: Scope) throws -> SessionIdentity {
        SessionIdentity(
            scope: scope, key: SessionKey(Identifier128(high: 1, low: 2)), id: try SessionID("s1"))
    }

    /// What follows from commands: the state, and the events with their times.
    static func fold(
        _ commands: [any SessionCommand], in scope: Scope
    ) throws -> (state: SessionState, events: [(event: any SessionEvent, time: Timestamp)]) {
        var state = SessionState(identity: try identity(in: scope))
        var all: [(event: any SessionEvent, time: Timestamp)] = []
        for command in commands {
            let now = Timestamp(milliseconds: 1_700_000_000_000 + state.sequence * 1_000)
            let context = DecisionContext(now: now, hasher: PlainHasher(), limits: .standard)
            switch command.decide(state, in: context) {
            case .accept(let events, _):
                for event in events {
                    let position = EventPosition(sequence: state.sequence + 1, time: now, dataBytes: 100)
                    try state.apply(event, at: position)
                    all.append((event, now))
                }
            case .reject(let rejection): throw rejection
            case .needs, .needsPolicy, .needsCounters: break
            }
        }
        return (state, all)
    }

    static func start() throws -> StartSession {
        StartSession(
            id: try SessionID("s1"), agent: try AgentName("invoice"), agentVersion: 1, program: .external,
            input: ["order": 1], labels: ["team": "billing"], onBehalfOf: "ann", principal: key)
    }

    static func open(_ type: RequestType) throws -> OpenRequest {
        OpenRequest(id: requestID(type), draft: try RequestDraft(body(type)), principal: key)
    }

    /// A session that waits for a request of each type, or one that came to its end.
    static func session(in scope: Scope, isCompleted: Bool = false) throws -> SessionView {
        var commands: [any SessionCommand] = [try start()]
        for type in requestTypes { commands.append(try open(type)) }
        if isCompleted { commands.append(CompleteSession(output: ["invoices": 3], principal: key)) }
        return SessionView(state: try fold(commands, in: scope).state, quarantine: nil)
    }

    /// A request, pending or answered.
    static func request(_ id: RequestID, in scope: Scope, isAnswered: Bool = false) throws -> RequestView? {
        guard let type = requestTypes.first(where: { requestID($0) == id }) else { return nil }
        var commands: [any SessionCommand] = [try start(), try open(type)]
        let pending = try fold(commands, in: scope)
        guard let open = pending.state.openRequest(id) else { return nil }
        guard isAnswered else { return RequestView(request: open.request, session: try SessionID("s1"), closing: nil) }
        let response: JSONValue =
            switch type {
            case .clarification: ["answer": "the second"]
            case .decision: ["decision": "left"]
            case .environment: ["values": ["API_KEY": SecretHandle(request: id, field: "API_KEY").json]]
            case .permission: ["action": "approve"]
            }
        commands.append(
            AnswerRequest(
                request: id, response: response, comment: "go", responder: Responder(key: .key("human")),
                receivedAt: Timestamp(milliseconds: 1_700_000_000_000), fingerprint: "f", sealedSecrets: []))
        let answered = try fold(commands, in: scope)
        let closing = answered.events.last.flatMap { RequestClosing($0.event, at: $0.time) }
        return RequestView(request: open.request, session: try SessionID("s1"), closing: closing)
    }

    /// Events of a session, numbered from 1; the last ends it if asked for.
    static func events(_ count: Int, padding: Int = 0, endsSession: Bool = false) -> [WireEvent] {
        (1...count).map { number in
            let isLast = endsSession && number == count
            let type = number == 1 ? "session_started" : isLast ? "session_completed" : "step_completed"
            let pad = JSONValue.string(String(repeating: "x", count: padding))
            let data: JSONValue =
                number == 1
                ? [
                    "id": "s1", "agent": "invoice", "version": 1, "kind": "external", "interpreter": 1, "input": pad,
                    "labels": [:], "on_behalf_of": .null, "by": "key:agent",
                ] : isLast ? ["output": pad] : ["name": "step", "data": pad, "by": "key:agent"]
            let json: JSONValue = [
                "seq": .integer(Int64(number)), "type": .string(type), "time": "2023-11-14T22:13:20.000Z",
                "session": "s1", "data": data,
            ]
            return WireEvent(id: String(number), type: EventType(type), json: json.serialized(), endsSession: isLast)
        }
    }
}
