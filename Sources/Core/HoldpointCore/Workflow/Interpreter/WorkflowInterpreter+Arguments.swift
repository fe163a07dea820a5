import JSON

extension WorkflowInterpreter {
    /// The arguments that a program mentions, of those that are offered where the task stands.
    ///
    /// After the DSL's table "Runtime expression arguments": `$input` from the input's transformation on, `$output`
    /// for `export.as` alone, `$task` for tasks and not for the workflow itself.
    func arguments(of program: ExpressionProgram, for activation: Activation, _ extra: JSONObject) -> JSONObject {
        var found = JSONObject()
        let isBegun = activation.phase != .condition && activation.phase != .input
        for name in program.arguments {
            switch name {
            case "context": found[name] = place.context
            case "input": if isBegun { found[name] = activation.input }
            case "output": if activation.phase == .export { found[name] = activation.output }
            case "secrets": found[name] = secrets
            case "task": if activation.task != 0 { found[name] = descriptor(of: activation) }
            case "workflow": found[name] = workflowDescriptor
            case "runtime": found[name] = Self.runtimeDescriptor
            default: found[name] = extra[name] ?? activation.variables[name]
            }
        }
        return found
    }

    /// Handles in the place of the values, which only whoever performs a call may see (I9).
    private var secrets: JSONValue {
        .object(JSONObject(definition.secrets.map { ($0, ["secret": .string("use/\($0)")]) }))
    }

    private static let runtimeDescriptor: JSONValue = [
        "name": "holdpoint", "version": .string(String(WorkflowLimits.interpreterVersion)), "metadata": [:],
    ]

    private var workflowDescriptor: JSONValue {
        [
            "id": .string(context.session.id.text), "definition": definition.document, "input": context.input,
            "startedAt": Self.moment(context.startedAt),
        ]
    }

    private func descriptor(of activation: Activation) -> JSONValue {
        let task = definition.tasks[activation.task]
        var object: JSONObject = [
            "name": .string(task.name), "reference": .string(task.reference), "definition": task.source,
            "input": activation.rawInput,
        ]
        if activation.phase == .output || activation.phase == .export { object["output"] = activation.rawOutput }
        object["startedAt"] = Self.moment(activation.startedAt)
        return .object(object)
    }

    private static func moment(_ time: Timestamp) -> JSONValue {
        let (seconds, rest) = time.milliseconds.quotientAndRemainder(dividingBy: 1_000)
        return [
            "iso8601": .string(time.description),
            "epoch": [
                "seconds": .integer(rest < 0 ? seconds - 1 : seconds), "milliseconds": .integer(time.milliseconds),
            ],
        ]
    }
}
