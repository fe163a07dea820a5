import JSON

extension WorkflowInterpreter {
    /// Begins what a task does.
    mutating func enter(_ activation: inout Activation) throws(WorkflowError) -> Signal? {
        switch definition.tasks[activation.task].body {
        case .sequence(let block): enterBlock(block, &activation)
        case .set(let template): try give(template, &activation)
        case .choose(let cases): try choose(cases, &activation)
        case .loop(let rule): try enterLoop(rule, &activation)
        case .fork(let branches, _): enterFork(branches, &activation)
        case .wait(let rule): try enterWait(rule, &activation)
        case .raise(let rule): try raise(rule, activation)
        case .attempt(let rule): try enterAttempt(rule, &activation)
        case .emit(let template): try emit(template, &activation)
        case .http(let rule): try enterCall(rule, &activation)
        case .human(let rule): try enterRequest(rule, &activation)
        case .function(let task, let arguments): try enterFunction(task, arguments, &activation)
        case .child(let rule): try enterChild(rule, &activation)
        }
    }

    private mutating func enterBlock(_ block: Int, _ activation: inout Activation) -> Signal? {
        activation.children = [
            begin(definition.blocks[block][0], input: activation.input, variables: activation.variables)
        ]
        activation.phase = .children
        return nil
    }

    private mutating func give(_ template: Template, _ activation: inout Activation) throws(WorkflowError) -> Signal? {
        guard let values = try values(template.expressions, for: activation, on: activation.input) else {
            return .parked
        }
        activation.rawOutput = try fill(template, values, activation)
        activation.phase = .output
        return nil
    }

    /// Takes the first case that holds, else the one without a condition; all conditions are evaluated in one exchange.
    private mutating func choose(_ cases: [SwitchCase], _ activation: inout Activation) throws(WorkflowError) -> Signal?
    {
        let conditions = cases.compactMap(\.condition)
        guard let results = evaluate(conditions, for: activation, on: activation.input) else { return .parked }
        var rest = results[...]
        var chosen: FlowDirective?
        for item in cases where item.condition != nil {
            guard let result = rest.popFirst() else { break }
            if try value(result, activation).isTruthy {
                chosen = item.then
                break
            }
        }
        activation.flow = chosen ?? cases.first { $0.condition == nil }?.then
        activation.rawOutput = activation.input
        activation.phase = .output
        return nil
    }

    private mutating func enterLoop(_ rule: LoopRule, _ activation: inout Activation) throws(WorkflowError) -> Signal? {
        guard let values = try values([rule.items], for: activation, on: activation.input) else { return .parked }
        let reference = definition.tasks[activation.task].reference
        guard let items = values[0].arrayValue else {
            throw WorkflowError(.expression, "for.in must give an array", at: reference)
        }
        guard items.count <= WorkflowLimits.items else {
            throw WorkflowError(.runtime, "a loop has at most \(WorkflowLimits.items) items", at: reference)
        }
        try bound(values[0], activation)
        activation.items = items
        activation.index = 0
        activation.rawOutput = activation.input
        activation.phase = .iterate
        return nil
    }

    /// Begins the next iteration; its input is the output of the one before.
    mutating func iterate(_ activation: inout Activation) throws(WorkflowError) -> Signal? {
        guard case .loop(let rule) = definition.tasks[activation.task].body,
            activation.items.indices.contains(Int(clamping: activation.index))
        else { return endLoop(&activation) }
        let extra: JSONObject = [
            rule.item: activation.items[Int(activation.index)], rule.index: .integer(activation.index),
        ]
        if let condition = rule.condition {
            guard let values = try values([condition], for: activation, on: activation.rawOutput, extra: extra) else {
                return .parked
            }
            if !values[0].isTruthy { return endLoop(&activation) }
        }
        var variables = activation.variables
        for (name, value) in extra { variables[name] = value }
        activation.index += 1
        let first = definition.blocks[rule.block][0]
        activation.children = [begin(first, input: activation.rawOutput, variables: variables)]
        activation.phase = .children
        return nil
    }

    private func endLoop(_ activation: inout Activation) -> Signal? {
        activation.items = []
        activation.phase = .output
        return nil
    }

    private mutating func enterFork(_ branches: [Int], _ activation: inout Activation) -> Signal? {
        for branch in branches {
            activation.children.append(begin(branch, input: activation.input, variables: activation.variables))
        }
        activation.phase = .children
        return nil
    }

    private mutating func raise(_ rule: ErrorRule, _ activation: Activation) throws(WorkflowError) -> Signal? {
        guard let values = try values(rule.body.expressions, for: activation, on: activation.input) else {
            return .parked
        }
        let reference = definition.tasks[activation.task].reference
        let body = try fill(rule.body, values, activation)
        guard let type = body["type"]?.stringValue, let status = body["status"]?.int64Value else {
            throw WorkflowError(.configuration, "an error needs a type and a whole number as status", at: reference)
        }
        for key in ["title", "detail", "instance"] {
            if let value = body[key], !value.isNull, value.stringValue == nil {
                throw WorkflowError(.configuration, "the \(key) of an error must be text", at: reference)
            }
        }
        throw WorkflowError(
            type: type, status: status, title: body["title"]?.stringValue, detail: body["detail"]?.stringValue,
            instance: body["instance"]?.stringValue ?? reference)
    }

    /// Runs a function with its arguments as input; it sees none of its caller's variables.
    private mutating func enterFunction(
        _ task: Int, _ arguments: Template?, _ activation: inout Activation
    ) throws(WorkflowError) -> Signal? {
        var input = activation.input
        if let arguments {
            guard let values = try values(arguments.expressions, for: activation, on: activation.input) else {
                return .parked
            }
            input = try fill(arguments, values, activation)
        }
        activation.children = [begin(task, input: input, variables: JSONObject())]
        activation.phase = .children
        return nil
    }

    /// Sends a CloudEvent out; the output is the event.
    private mutating func emit(_ template: Template, _ activation: inout Activation) throws(WorkflowError) -> Signal? {
        guard let values = try values(template.expressions, for: activation, on: activation.input) else {
            return .parked
        }
        let given = try fill(template, values, activation)
        if let key = CloudEventAttributes.faults(in: given.objectValue ?? JSONObject()).first {
            throw WorkflowError(
                .configuration, "the \(key) of an event must be text",
                at: definition.tasks[activation.task].reference)
        }
        var event: JSONObject = ["specversion": "1.0"]
        event["id"] = .string(WorkflowContext.idempotencyKey(of: upcomingSequence, in: context.session))
        event["time"] = .string(context.now.description)
        for (key, value) in given.objectValue ?? JSONObject() { event[key] = value }
        try weigh(.object(event), activation)
        record { _ in .emitted(.object(event)) }
        activation.rawOutput = .object(event)
        activation.phase = .output
        return nil
    }
}
