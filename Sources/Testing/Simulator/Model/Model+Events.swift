import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON

extension Model {
    /// Folds one event and holds it against what may happen.
    mutating func take(_ event: RecordedEvent, into history: inout History) {
        let name = "\(history.identity.id)#\(event.sequence) \(event.type)"
        judgeSecrecy(of: event.data, in: name)
        guard let data = try? JSONParser.parse(event.data) else { return fail("I6", "\(name) is not JSON") }
        if event.type.text == "hitl_responded", let id = Self.request(in: data), let closing = asked[id]?.closing {
            return fail("I3", "\(name): request \(id) was \(Self.text(closing)) before")
        }
        let before = history.state
        guard apply(event, named: name, to: &history) else { return }
        let chain = EventChain.value(
            after: history.chain, session: history.identity.key, sequence: event.sequence, time: event.time,
            type: event.type, data: event.data, hasher: SimulatedHasher())
        if chain != event.chain { fail("I2", "\(name) is not chained to the event before it") }
        history.chain = event.chain
        switch event.type.text {
        case "step_completed": history.steps.append(data["name"]?.stringValue ?? "")
        case "hitl_requested": takeRequest(data, named: name, of: history)
        case "hitl_responded":
            takeAnswer(data, named: name)
            if let digest = data["approved_digest"]?.stringValue { history.approvals[digest, default: 0] += 1 }
        case "hitl_voted": takeVote(data, named: name)
        case "hitl_expired": takeExpiry(data, at: event.time, named: name)
        case "hitl_cancelled": close(data, as: .cancelled, named: name)
        case "child_finished": endings[CallName(history.identity.id, data["child"]?.int64Value ?? 0)] = data
        case let type where type.hasPrefix("tool_"): takeCall(event, data, after: before, named: name, in: &history)
        default: return
        }
    }

    private mutating func apply(_ event: RecordedEvent, named name: String, to history: inout History) -> Bool {
        var state = history.state
        let position = EventPosition(
            sequence: event.sequence, time: event.time, dataBytes: event.data.count)
        do {
            guard let known = try EventRegistry.event(named: event.type.text, data: event.data) else {
                fail("I6", "\(name) is of an unknown type")
                return false
            }
            try state.apply(known, at: position)
        } catch {
            fail("I6", "\(name) cannot be folded: \(error)")
            return false
        }
        history.states.append(state)
        return true
    }

    static func request(in data: JSONValue) -> RequestID? {
        (data["request"] ?? data["id"])?.stringValue.flatMap { RequestID($0) }
    }

    /// What is shown to people is what the agent sent, with the digest of exactly these arguments (I7).
    private mutating func takeRequest(_ data: JSONValue, named name: String, of history: History) {
        guard let id = Self.request(in: data), let title = data["title"]?.stringValue else {
            return fail("I6", "\(name) has no id or title")
        }
        asked[id] = Asked(session: history.identity.key, data: data)
        let arguments: JSONValue?
        if history.isWorkflow {
            arguments = self.arguments(shownBy: data, named: name, in: history)
        } else {
            guard let draft = drafts[title] else { return fail("I7", "\(name): nobody sent a request titled \(title)") }
            arguments = draft["arguments"]
        }
        if data["arguments"] != arguments {
            fail("I7", "\(name): the arguments are not those that were sent")
        }
        if data["arguments_digest"]?.stringValue != arguments.flatMap(Self.digest) {
            fail("I7", "\(name): the digest is not that of the arguments")
        }
    }

    /// An answer in the log is one that somebody sent, word for word; an approval binds the digest (I3, I7).
    private mutating func takeAnswer(_ data: JSONValue, named name: String) {
        guard let id = Self.request(in: data), let request = asked[id], let by = data["by"]?.stringValue,
            let response = data["response"]
        else { return fail("I6", "\(name) answers no request") }
        let isSent = answers.contains {
            $0.request == id && $0.principal.text == by && $0.visible == response && $0.fits
        }
        if !isSent { fail("I3", "\(name): nobody sent this answer: \(by) \(response.text)") }
        let received = data["received_at"]?.stringValue.flatMap { Timestamp($0) }
        if let received, let deadline = request.expiresAt, received >= deadline {
            fail("I8", "\(name): the answer was received after the deadline")
        }
        if data["approved_digest"]?.stringValue != Self.approvedDigest(of: response, to: request) {
            fail("I7", "\(name): what was approved is not what the digest says")
        }
        judgeApproval(data, of: request, by: by, named: name)
        close(data, as: .answered(by: by, response: response), named: name)
    }

    /// Silence is no yes, a default must have been declared, and an answer that was stored in time wins (I8, I3).
    private mutating func takeExpiry(_ data: JSONValue, at time: Timestamp, named name: String) {
        guard let id = Self.request(in: data), let request = asked[id], let deadline = request.expiresAt else {
            return fail("I8", "\(name) has no deadline")
        }
        if time < deadline { fail("I8", "\(name) came at \(time), before the deadline \(deadline)") }
        let declared = request.data["default"].flatMap { $0.isNull ? nil : $0 } ?? .null
        let expected: JSONValue = request.type == "permission" ? ["action": "reject"] : declared
        if data["response"] != expected || data["answered"] != false {
            fail("I8", "\(name): silence was taken for \(data.text)")
        }
        let early = answers.first { answer in
            // One vote of several that must come does not keep a request from its end.
            answer.request == id && answer.fits && request.quorum == 1
                && answer.storedAt.map { $0.adding(milliseconds: tolerance) < deadline } ?? false
        }
        if let early {
            fail("I3", "\(name): an answer by \(early.principal) was stored before the deadline, and did not count")
        }
        close(data, as: .expired, named: name)
    }

    private mutating func close(_ data: JSONValue, as closing: Closing, named name: String) {
        guard let id = Self.request(in: data), asked[id] != nil else { return fail("I6", "\(name) closes no request") }
        asked[id]?.closing = closing
    }

    static func digest(_ arguments: JSONValue) -> String? {
        (try? CanonicalJSON.encode(arguments)).map { SimulatedHasher().sha256($0).description }
    }
}
