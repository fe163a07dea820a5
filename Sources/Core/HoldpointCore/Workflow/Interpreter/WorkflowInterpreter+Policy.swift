import JSON

/// What must be known of a policy before a decision can go on.
enum PolicyWant: Equatable {
    case nothing
    /// The policy itself.
    case policy
    /// What these counters have.
    case counters([CounterQuery])
}

extension WorkflowInterpreter {
    /// The call with what the policy says of it; nil until that can be told.
    ///
    /// - Parameter approval: What a human said of the same wish before, if the call is judged again.
    /// - Throws: `blocked` where no agent may make it; that is recorded first.
    mutating func judge(
        _ call: HTTPCallEffect, _ activation: Activation, after approval: CallApproval? = nil
    ) throws(WorkflowError) -> HTTPCallEffect? {
        let besides = approval.map { CounterEntryID(session: context.session.key, number: $0.effect) }
        switch context.judge.judge(call.policyCall(at: context.now), after: additions, besides: besides) {
        case .unjudged: return call
        case .needsPolicy:
            wanting = .policy
            return nil
        case .needs(let queries):
            if case .counters(let others) = wanting {
                wanting = .counters(others + queries.filter { !others.contains($0) })
            } else {
                wanting = .counters(queries)
            }
            return nil
        case .judged(let verdict):
            var judged = call
            judged.verdict = verdict
            guard verdict.verdict.outcome == .block else { return judged }
            try weigh(call.arguments, activation)
            record { _ in .blocked(judged) }
            deferCall(judged)
            throw WorkflowError(
                .blocked, verdict.verdict.reasons.joined(separator: "; "),
                at: definition.tasks[activation.task].reference)
        }
    }

    /// Leaves a blocked call to people, unless it waits for them already or holds what only this session may use.
    private mutating func deferCall(_ call: HTTPCallEffect) {
        guard let rule = context.judge.knowledge.inForce?.policy.deferral, context.judge.releasing == nil,
            !(context.deferrals + deferredNow).contains(call.digest),
            context.deferrals.count + deferredNow.count < PolicyLimits.deferrals,
            call.secretReferences.allSatisfy({ if case .project = $0 { true } else { false } })
        else { return }
        deferredNow.append(call.digest)
        record { _ in .deferred(call, input: DeferredAction.input(for: call, by: rule)) }
    }

    /// Makes a call that needs no human, or has one's word; people are told of it if the policy says so.
    mutating func make(_ call: HTTPCallEffect, _ activation: inout Activation) throws(WorkflowError) {
        activation.guarded = call.arguments
        let id = try open(.call(call), activation)
        activation.effect = id
        guard let verdict = call.verdict else { return }
        if call.approval?.keepsReservations != true { reserve(verdict, under: id) }
        if verdict.verdict.outcome == .notify { record { _ in .notified(call: id, call) } }
    }

    /// Asks a human about a call, which is evaluated and shown as it will be made (I7).
    ///
    /// - Parameters:
    ///   - call: The call, with what the policy says of it if there is one.
    ///   - given: What the document says of the request; nothing if only the policy wants it.
    ///   - follows: The permission that was given for another form of the call, if there was one.
    mutating func ask(
        _ call: HTTPCallEffect, _ given: JSONObject, follows: RequestID?, _ activation: inout Activation
    ) throws(WorkflowError) {
        var call = call
        let tool = context.judge.releasing?.tool ?? call.tool
        if let inForce = context.judge.knowledge.inForce {
            call.verdict = call.verdict?.asking(inForce.policy, about: tool)
        }
        var body = given
        body["tool"] = .string(call.verdict == nil ? "http" : tool)
        body["arguments"] = call.arguments
        if given.isEmpty {
            body["type"] = .string(RequestType.permission.rawValue)
            body["title"] = .string(Self.title(of: call))
            body["allow_edit"] = true
        }
        let effect = try openRequest(body, about: call, follows: follows, for: activation)
        activation.effect = effect
        var guarded: JSONObject = ["arguments": call.arguments, "authentication": call.authentication ?? .null]
        if let verdict = call.verdict {
            // Without the arguments, which stand beside it.
            body["arguments"] = nil
            guarded["policy"] = verdict.json
            guarded["effect"] = .integer(effect)
            guarded["request"] = lastRequest.map { .string($0.description) }
            guarded["body"] = .object(body)
            reserve(verdict, under: effect)
        }
        activation.guarded = .object(guarded)
    }

    /// The request that was opened last.
    private var lastRequest: RequestID? {
        if case .request(let id)? = place.effects.last?.kind { id } else { nil }
    }

    /// The title of a request that a policy asks for.
    private static func title(of call: HTTPCallEffect) -> String {
        let method = call.arguments["method"]?.stringValue ?? ""
        let host = call.policyCall(at: Timestamp(milliseconds: 0)).host
        let title = "May the agent call \(call.function ?? [method, host ?? "a server"].joined(separator: " "))?"
        return String(title.prefix(RequestLimits.titleLength))
    }

    /// Notes what a call adds to counters, for those that are judged after it in this decision.
    private mutating func reserve(_ verdict: JudgedVerdict, under effect: Int64) {
        let id = CounterEntryID(session: context.session.key, number: effect)
        additions.add(
            verdict.reservations.filter { !$0.countsAtDispatch }.map { .add($0.key, $0.entry(id, at: context.now)) })
    }

    /// Takes what became of the permission for a call: makes it as it was approved, or as it was edited.
    ///
    /// - Parameter veto: Milliseconds in which the call can be stopped yet; nil for none.
    mutating func takePermission(
        _ arrival: EffectArrival, for rule: HTTPCallRule, vetoable veto: Int64? = nil, _ activation: inout Activation
    ) throws(WorkflowError) -> Signal? {
        let reference = definition.tasks[activation.task].reference
        let answer: JSONValue
        switch arrival {
        case .value(let value): answer = value
        case .expired: throw WorkflowError(.expired, "nobody answered in time", at: reference)
        case .withdrawn, .fired, .failed:
            throw WorkflowError(.withdrawn, "the request was withdrawn", at: reference)
        }
        let shown = activation.guarded ?? .null
        let arguments: JSONValue?
        var isAsShown = false
        switch answer["action"]?.stringValue.flatMap({ PermissionAction(rawValue: $0) }) {
        case .approve:
            arguments = shown["arguments"]
            isAsShown = true
        case .edit: arguments = answer["arguments"]
        case .reject, nil:
            throw WorkflowError(.rejected, answer["feedback"]?.stringValue ?? "a human said no", at: reference)
        }
        try weigh(arguments ?? .null, activation)
        let call = try makeCall(rule, arguments ?? .null, shown["authentication"]?.nonNull, at: reference)
        if let veto {
            try askForVeto(of: call, isAsShown: isAsShown, within: veto, &activation)
            return nil
        }
        return try perform(call, isAsShown: isAsShown, shown, &activation)
    }

    /// Lets people stop a call that was released, until its time comes.
    ///
    /// Nobody need say anything for it to be made: that was said when it was released (I8).
    private mutating func askForVeto(
        of call: HTTPCallEffect, isAsShown: Bool, within milliseconds: Int64, _ activation: inout Activation
    ) throws(WorkflowError) {
        let tool = context.judge.releasing?.tool ?? call.tool
        let body: JSONObject = [
            "type": .string(RequestType.decision.rawValue), "decision_type": "veto",
            "title": .string(String("Stop \(tool), which was released?".prefix(RequestLimits.titleLength))),
            "message": "It is made at the end of this request's time unless somebody stops it.",
            "context": ["tool": .string(tool), "arguments_digest": .string(call.digest.description)],
            "options": [["id": "veto", "label": "Stop it"]], "expires_in": .integer(milliseconds / 1_000),
        ]
        activation.effect = try openRequest(body, for: activation)
        var guarded = activation.guarded?.objectValue ?? JSONObject()
        guarded["arguments"] = nil
        guarded["released"] = call.arguments
        guarded["as_shown"] = .bool(isAsShown)
        guarded["veto"] = lastRequest.map { .string($0.description) }
        activation.guarded = .object(guarded)
    }

    /// Makes a released call that nobody stopped.
    mutating func takeVeto(
        _ arrival: EffectArrival, for rule: HTTPCallRule, _ activation: inout Activation
    ) throws(WorkflowError) -> Signal? {
        let reference = definition.tasks[activation.task].reference
        let shown = activation.guarded ?? .null
        let call = try makeCall(rule, shown["released"] ?? .null, shown["authentication"]?.nonNull, at: reference)
        guard case .expired = arrival else {
            if case .value = arrival, let request = shown["veto"]?.stringValue.flatMap({ RequestID($0) }) {
                record { _ in .vetoed(call, request) }
            }
            throw WorkflowError(.rejected, "the call was stopped after its release", at: reference)
        }
        var open = shown.objectValue ?? JSONObject()
        open["released"] = nil
        open["as_shown"] = nil
        open["veto"] = nil
        open["arguments"] = call.arguments
        activation.guarded = .object(open)
        return try perform(call, isAsShown: shown["as_shown"]?.boolValue ?? false, .object(open), &activation)
    }

    /// Makes a call that a human allowed, unless the policy asks for more than that by now.
    ///
    /// What was shown and is allowed under the very policy that asked is made; what was edited, and what another
    /// version of the policy asked about, is judged again.
    private mutating func perform(
        _ call: HTTPCallEffect, isAsShown: Bool, _ shown: JSONValue, _ activation: inout Activation
    ) throws(WorkflowError) -> Signal? {
        var call = call
        if let asked = shown["policy"]?.nonNull, let earlier = try? JudgedVerdict(recorded: asked),
            let request = shown["request"]?.stringValue.flatMap({ RequestID($0) }),
            let effect = shown["effect"]?.int64Value
        {
            let approval = CallApproval(
                request: request, effect: effect,
                keepsReservations: isAsShown && context.judge.knowledge.inForce?.version == earlier.version)
            if approval.keepsReservations {
                call.verdict = earlier
            } else {
                guard let judged = try judge(call, activation, after: approval) else { return .parked }
                call = judged
                if let verdict = judged.verdict, verdict.verdict.outcome == .ask, verdict.demandsMore(than: earlier) {
                    try ask(judged, shown["body"]?.objectValue ?? [:], follows: request, &activation)
                    return nil
                }
            }
            call.approval = approval
        } else if let judged = try judge(call, activation) {
            // A policy has come since the human was asked.
            call = judged
            if judged.verdict?.verdict.outcome == .ask {
                try ask(judged, [:], follows: nil, &activation)
                return nil
            }
        } else {
            return .parked
        }
        activation.isHandling = true
        try make(call, &activation)
        return nil
    }
}

extension PolicyKnowledge {
    /// The policy; nil where it is not known, or there is none.
    var inForce: PolicyInForce? {
        if case .inForce(let inForce) = standing { inForce } else { nil }
    }
}
