import JSON

extension WorkflowInterpreter {
    /// Opens a request; a permission shows the call that it guards, evaluated once, as its arguments (I7).
    mutating func enterRequest(_ rule: HumanCallRule, _ activation: inout Activation) throws(WorkflowError) -> Signal? {
        let programs = rule.body.expressions + (rule.guarded?.expressions ?? [])
        guard let values = try values(programs, for: activation, on: activation.input) else { return .parked }
        let reference = definition.tasks[activation.task].reference
        let given = try fill(rule.body, Array(values.prefix(rule.body.expressions.count)), activation)
        var body = given.objectValue ?? JSONObject()
        if let guarded = rule.guarded {
            let rest = Array(values.dropFirst(rule.body.expressions.count))
            let call = try guardedCall(guarded, rest, activation)
            activation.guarded = .object([
                "arguments": call.arguments, "authentication": call.authentication ?? .null,
            ])
            body["tool"] = "http"
            body["arguments"] = call.arguments
        }
        try weigh(.object(body), activation)
        let draft: RequestDraft
        do {
            draft = try RequestDraft(.object(body))
        } catch {
            let places = error.violations.prefix(8).map { "\($0.pointer) \($0.detail)" }
            throw WorkflowError(
                .configuration, "the request does not fit: \(places.joined(separator: "; "))", at: reference)
        }
        let request = RequestID(time: context.now, random: context.bits(activation.id, activation.attempt).first)
        activation.effect = try open(.request(request, draft, task: reference), activation)
        activation.phase = .effect
        return nil
    }

    /// Takes what a request came to: an answer is the output, a permission goes on with its call.
    mutating func takeAnswer(
        _ arrival: EffectArrival, of rule: HumanCallRule, _ activation: inout Activation
    ) throws(WorkflowError) -> Signal? {
        let reference = definition.tasks[activation.task].reference
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
            return try perform(guarded, after: value, &activation)
        }
        activation.phase = .output
        return nil
    }

    /// Makes the call that was approved, or the one that it was edited to; nothing else.
    private mutating func perform(
        _ rule: HTTPCallRule, after answer: JSONValue, _ activation: inout Activation
    ) throws(WorkflowError) -> Signal? {
        let reference = definition.tasks[activation.task].reference
        let authentication = activation.guarded?["authentication"]?.nonNull
        let arguments: JSONValue?
        switch answer["action"]?.stringValue.flatMap({ PermissionAction(rawValue: $0) }) {
        case .approve: arguments = activation.guarded?["arguments"]
        case .edit: arguments = answer["arguments"]
        case .reject, nil:
            throw WorkflowError(.rejected, answer["feedback"]?.stringValue ?? "a human said no", at: reference)
        }
        try weigh(arguments ?? .null, activation)
        let call = try makeCall(rule, arguments ?? .null, authentication, at: reference)
        activation.guarded = call.arguments
        activation.isHandling = true
        activation.effect = try open(.call(call), activation)
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
