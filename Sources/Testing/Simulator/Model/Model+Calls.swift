import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON

/// Which call of which session.
struct CallName: Sendable, Hashable, CustomStringConvertible {
    let session: SessionID
    /// The number of the event that proposed it.
    let number: Int64

    init(_ session: SessionID, _ number: Int64) {
        self.session = session
        self.number = number
    }

    /// Reads `TENANT:PROJECT:SESSION:SEQ`.
    init?(key: String, in scope: Scope) {
        let parts = key.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, "\(parts[0])" == "\(scope.tenant)", "\(parts[1])" == "\(scope.project)",
            let session = try? SessionID(String(parts[2])), let number = Int64(parts[3])
        else { return nil }
        self.init(session, number)
    }

    var description: String { "\(session):\(number)" }
}

/// A call as its log and the called service know it.
struct Call: Sendable {
    let arguments: JSONValue
    /// How often the log says that it may leave.
    var dispatches = 0
    /// How often it left.
    var departures = 0
    /// How often the service did what it asks for.
    var performances = 0
    /// Whether the log says that it may be under way.
    var isOut = false

    var isPost: Bool { arguments["method"] == "POST" }
}

/// What the logs say of calls is held against what the services saw.
extension Model {
    /// Takes in an event about a call.
    ///
    /// - Parameter before: the session before the event.
    mutating func takeCall(
        _ event: RecordedEvent, _ data: JSONValue, after before: SessionState, named name: String,
        in history: inout History
    ) {
        let session = history.identity.id
        if event.type.text == "tool_proposed" {
            return propose(data, as: CallName(session, event.sequence), named: name, in: &history)
        }
        let call = CallName(session, data["call"]?.int64Value ?? 0)
        guard calls[call] != nil else { return fail("I1", "\(name) is about a call that was never proposed") }
        switch event.type.text {
        case "tool_dispatched":
            if before.isPaused || before.ending != nil { fail("I1", "\(name): the session had stopped") }
            calls[call]?.dispatches += 1
            calls[call]?.isOut = true
        case "tool_failed" where data["abandoned"] == true: break
        case "tool_doubted":
            if let request = Self.request(in: data) { doubts[request] = call }
            calls[call]?.isOut = false
        default: calls[call]?.isOut = false
        }
    }

    /// A call is proposed with the digest of its arguments; one that needs it was allowed, and once (I7).
    private mutating func propose(
        _ data: JSONValue, as call: CallName, named name: String, in history: inout History
    ) {
        guard let arguments = data["arguments"], let digest = Self.digest(arguments) else {
            return fail("I7", "\(name) has no arguments")
        }
        calls[call] = Call(arguments: arguments)
        if data["arguments_digest"]?.stringValue != digest {
            fail("I7", "\(name): the digest is not that of the arguments")
        }
        guard arguments["uri"]?.stringValue?.contains(WorkflowScene.guardedPath) == true else { return }
        guard let left = history.approvals[digest], left > 0 else {
            return fail("I7", "\(name): nobody allowed this call: \(arguments.text)")
        }
        history.approvals[digest] = left - 1
    }

    /// A call leaves the node: it is in the log, word for word, and a POST once for each dispatch (I1, I7).
    ///
    /// Another call may leave once more in the moment in which its session stops, and never later.
    mutating func leave(_ sent: HTTPCall, begunAt time: Timestamp) {
        guard let name = CallName(key: sent.idempotencyKey, in: scope), let call = calls[name] else {
            return fail("I1", "\(sent) left as \(sent.idempotencyKey) before it was proposed")
        }
        calls[name]?.departures += 1
        let body = sent.body.flatMap { try? JSONParser.parse($0) }
        if call.arguments["method"]?.stringValue != sent.method.rawValue
            || call.arguments["uri"]?.stringValue != sent.url.description || call.arguments["body"] != body
        {
            fail("I7", "\(name) left as \(sent) \(body?.text ?? ""), proposed was \(call.arguments.text)")
        }
        guard call.isPost else {
            let state = histories.values.first { $0.identity.id == name.session }?.state
            if let state, state.isPaused || state.ending != nil, state.updatedAt.adding(milliseconds: 60_000) < time {
                fail("I1", "\(name) left long after its session stopped")
            }
            return
        }
        if !call.isOut || call.departures >= call.dispatches {
            fail("I1", "\(name) left, and the log does not say that it may")
        }
    }

    /// A service does what a call asks for: a POST once, and not after people were asked whether it was done (I7).
    mutating func perform(_ sent: HTTPCall) {
        guard let name = CallName(key: sent.idempotencyKey, in: scope), let call = calls[name] else { return }
        calls[name]?.performances += 1
        guard call.isPost else { return }
        if call.performances > 0 { fail("I7", "\(name) was carried out twice") }
        if !call.isOut { fail("I7", "\(name) was carried out when it was said to be over") }
    }

    /// Whether the call that a question is about is in the ledger of the called service.
    func isDone(_ request: RequestID) -> Bool {
        doubts[request].flatMap { calls[$0] }.map { $0.performances > 0 } ?? false
    }

    /// The pending question, if a workflow asks it.
    func workflowQuestion(_ request: RequestID) -> JSONValue? {
        guard let asked = asked[request], asked.closing == nil, histories[asked.session]?.isWorkflow == true else {
            return nil
        }
        return asked.data
    }

    /// The arguments that a workflow's question must show: those of the payment in its document.
    ///
    /// A question about an unknown outcome shows a call that may be under way.
    mutating func arguments(shownBy data: JSONValue, named name: String, in history: History) -> JSONValue? {
        if data["decision_type"] == "unknown_outcome" {
            let call = CallName(history.identity.id, data["context"]?["call"]?.int64Value ?? 0)
            let digest = calls[call].flatMap { Self.digest($0.arguments) }
            if calls[call]?.isOut != true || data["context"]?["arguments_digest"]?.stringValue != digest {
                fail("I7", "\(name) asks about \(call), which was not under way, or shows another")
            }
        }
        guard data["type"] == "permission" else { return nil }
        return WorkflowScene.payment(of: history.state.input["n"]?.int64Value ?? 0, in: history.identity.id)
    }
}
