import JSON

extension WorkflowInterpreter {
    /// Opens a request; a permission shows the call that it guards, evaluated once, as its arguments (I7).
    mutating func enterRequest(_ rule: HumanCallRule, _ activation: inout Activation) throws(WorkflowError) -> Signal? {
        let programs = rule.body.expressions + (rule.guarded?.expressions ?? [])
        guard let values = try values(programs, for: activation, on: activation.input) else { return .parked }
        let given = try fill(rule.body, Array(values.prefix(rule.body.expressions.count)), activation)
        let body = given.objectValue ?? JSONObject()
        if let guarded = rule.guarded {
            let rest = Array(values.dropFirst(rule.body.expressions.count))
            let call = try guardedCall(guarded, rest, activation)
            guard let judged = try judge(call, activation) else { return .parked }
            try ask(judged, body, follows: nil, &activation)
            activation.phase = .effect
            return nil
        }
        activation.effect = try openRequest(body, for: activation)
        activation.phase = .effect
        return nil
    }

    /// Opens a request with that body.
    ///
    /// - Parameters:
    ///   - judged: The call that it is about, if it is about one, with what the policy said of it.
    ///   - follows: The request that was answered about another form of that call, if there was one.
    mutating func openRequest(
        _ body: JSONObject, about judged: HTTPCallEffect? = nil, follows: RequestID? = nil, for activation: Activation
    ) throws(WorkflowError) -> Int64 {
        let reference = definition.tasks[activation.task].reference
        try weigh(.object(body), activation)
        var draft: RequestDraft
        do {
            draft = try RequestDraft(.object(body))
        } catch {
            let places = error.violations.prefix(8).map { "\($0.pointer) \($0.detail)" }
            throw WorkflowError(
                .configuration, "the request does not fit: \(places.joined(separator: "; "))", at: reference)
        }
        if let verdict = judged?.verdict, let inForce = context.judge.knowledge.inForce {
            draft = draft.judged(by: verdict, of: inForce.policy)
        }
        draft.follows = follows
        let request = RequestID(time: context.now, random: context.bits(activation.id, activation.attempt).first)
        return try open(.request(request, draft, task: reference), activation)
    }

    /// Takes what a request came to: an answer is the output, a permission goes on with its call.
    mutating func takeAnswer(
        _ arrival: EffectArrival, of rule: HumanCallRule, _ activation: inout Activation
    ) throws(WorkflowError) -> Signal? {
        let reference = definition.tasks[activation.task].reference
        if let guarded = rule.guarded, activation.guarded?["released"] != nil {
            return try takeVeto(arrival, for: guarded, &activation)
        }
        switch arrival {
        case .expired(let standsFor):
            guard let standsFor, rule.guarded == nil else {
                throw WorkflowError(.expired, "nobody answered in time", at: reference)
            }
            activation.rawOutput = standsFor
        case .withdrawn, .fired, .failed:
            // What fires or fails is no request, and a failed call was seen to before.
            throw WorkflowError(.withdrawn, "the request was withdrawn", at: reference)
        case .value(let value):
            guard let guarded = rule.guarded else {
                activation.rawOutput = value
                break
            }
            if activation.isHandling {
                try takeResponse(value, of: guarded, &activation)
                break
            }
            return try takePermission(arrival, for: guarded, vetoable: rule.vetoMilliseconds, &activation)
        }
        activation.phase = .output
        return nil
    }

    private func guardedCall(
        _ rule: HTTPCallRule, _ values: [JSONValue], _ activation: Activation
    ) throws(WorkflowError) -> HTTPCallEffect {
        let reference = definition.tasks[activation.task].reference
        let prepared = try prepare(rule, values, activation.input, at: reference)
        try bound(prepared.arguments, activation)
        return try makeCall(rule, prepared.arguments, prepared.authentication, at: reference)
    }
}
