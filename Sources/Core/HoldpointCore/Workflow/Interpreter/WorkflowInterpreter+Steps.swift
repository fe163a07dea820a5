import JSON

extension WorkflowInterpreter {
    /// Lets a task go as far as it can.
    mutating func progress(_ activation: inout Activation) -> Signal {
        if let timer = activation.timer, isOver(timer) {
            closeAll(&activation)
            return .raised(timeout(of: activation))
        }
        do throws(WorkflowError) {
            while true {
                if let signal = try step(&activation) { return signal }
            }
        } catch {
            closeAll(&activation)
            return .raised(error)
        }
    }

    private func timeout(of activation: Activation) -> WorkflowError {
        let reference = definition.tasks[activation.task].reference
        return WorkflowError(
            .timeout, reference.isEmpty ? "the workflow took too long" : "the task took too long", at: reference)
    }

    /// Takes one step; nil if another one follows at once.
    private mutating func step(_ activation: inout Activation) throws(WorkflowError) -> Signal? {
        switch activation.phase {
        case .condition: try checkCondition(&activation)
        case .input: try takeInput(&activation)
        case .limit: try setLimit(&activation)
        case .enter: try enter(&activation)
        case .iterate: try iterate(&activation)
        case .children: try progressChildren(&activation)
        case .effect: try awaitEffect(&activation)
        case .caught: try judgeFault(&activation)
        case .delaying: awaitDelay(&activation)
        case .output: try giveOutput(&activation)
        case .export: try exportOutput(&activation)
        case .finished: finished(&activation)
        case .settled: .parked
        }
    }

    private mutating func checkCondition(_ activation: inout Activation) throws(WorkflowError) -> Signal? {
        if isExhausted {
            stopToCommit()
            return .parked
        }
        if let condition = definition.tasks[activation.task].condition {
            guard let values = try values([condition], for: activation, on: activation.rawInput) else { return .parked }
            if !values[0].isTruthy {
                try count(activation)
                activation.output = activation.rawInput
                activation.flow = .proceed
                activation.phase = .finished
                return nil
            }
        }
        try count(activation)
        activation.phase = .input
        return nil
    }

    private mutating func takeInput(_ activation: inout Activation) throws(WorkflowError) -> Signal? {
        let mapping = definition.tasks[activation.task].input
        try check(activation.rawInput, mapping.schema, "input", activation)
        guard let input = try mapped(activation.rawInput, by: mapping, for: activation) else { return .parked }
        activation.input = input
        if activation.task == 0 { place.context = input }
        activation.phase = .limit
        return nil
    }

    private mutating func setLimit(_ activation: inout Activation) throws(WorkflowError) -> Signal? {
        if let rule = definition.tasks[activation.task].timeout {
            guard let limit = try milliseconds([rule], for: activation)?[0] else { return .parked }
            activation.deadline = context.now.adding(milliseconds: limit)
        }
        activation.phase = .enter
        return nil
    }

    private mutating func giveOutput(_ activation: inout Activation) throws(WorkflowError) -> Signal? {
        let mapping = definition.tasks[activation.task].output
        guard let output = try mapped(activation.rawOutput, by: mapping, for: activation) else { return .parked }
        try check(output, mapping.schema, "output", activation)
        activation.output = output
        activation.phase = .export
        return nil
    }

    private mutating func exportOutput(_ activation: inout Activation) throws(WorkflowError) -> Signal? {
        let mapping = definition.tasks[activation.task].export
        if mapping.mapping != nil {
            guard let data = try mapped(activation.output, by: mapping, for: activation) else { return .parked }
            try check(data, mapping.schema, "exported context", activation)
            place.context = data
        } else {
            try check(place.context, mapping.schema, "exported context", activation)
        }
        note(definition.tasks[activation.task])
        activation.phase = .finished
        return nil
    }

    private mutating func finished(_ activation: inout Activation) -> Signal? {
        closeTimer(&activation)
        return .done(activation.output, activation.flow ?? definition.tasks[activation.task].then)
    }

    /// The data as `from` or `as` makes it; nil until the expressions are evaluated.
    private mutating func mapped(
        _ data: JSONValue, by rule: DataMapping, for activation: Activation
    ) throws(WorkflowError) -> JSONValue? {
        guard let mapping = rule.mapping else { return data }
        guard let values = try values(mapping.expressions, for: activation, on: data) else { return nil }
        return try fill(mapping, values, activation)
    }

    private func check(
        _ data: JSONValue, _ schema: JSONSchema?, _ what: String, _ activation: Activation
    ) throws(WorkflowError) {
        guard let found = schema?.validate(data), !found.isEmpty else { return }
        let places = found.prefix(8).map {
            "\($0.pointer.description.isEmpty ? "/" : $0.pointer.description) \($0.detail)"
        }
        throw WorkflowError(
            .validation, "the \(what) does not fit: \(places.joined(separator: "; "))",
            at: definition.tasks[activation.task].reference)
    }

    /// Durations in milliseconds; nil until the expressions are evaluated.
    mutating func milliseconds(
        _ rules: [DurationRule], for activation: Activation, extra: JSONObject = [:]
    ) throws(WorkflowError) -> [Int64]? {
        let programs = rules.flatMap { Optional($0).expressions }
        guard let values = try values(programs, for: activation, on: activation.input, extra: extra) else { return nil }
        return try durations(rules, values[...], at: activation)
    }

    /// Durations, with the values of those that are computed, in order.
    func durations(
        _ rules: [DurationRule], _ values: ArraySlice<JSONValue>, at activation: Activation
    ) throws(WorkflowError) -> [Int64] {
        var rest = values
        var result: [Int64] = []
        for rule in rules {
            switch rule {
            case .milliseconds(let fixed): result.append(fixed)
            case .computed:
                guard let value = rest.popFirst(), let computed = DurationRule.milliseconds(of: value) else {
                    throw WorkflowError(
                        .configuration, "the duration \(DurationRule.expectation)",
                        at: definition.tasks[activation.task].reference)
                }
                result.append(computed)
            }
        }
        return result
    }
}

extension JSONValue {
    /// Whether jq takes it for true: anything but `false` and `null`.
    var isTruthy: Bool { self != .bool(false) && self != .null }
}
