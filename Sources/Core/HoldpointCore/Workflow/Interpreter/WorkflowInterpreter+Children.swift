import JSON

extension WorkflowInterpreter {
    /// Lets the tasks within a task go on, and sees what follows.
    mutating func progressChildren(_ activation: inout Activation) throws(WorkflowError) -> Signal? {
        let body = definition.tasks[activation.task].body
        if case .fork(_, let competes) = body { return try progressBranches(competes, &activation) }
        if case .attempt = body, !activation.isHandling, let timer = activation.effect, isOver(timer) {
            return failAttempt(&activation)
        }
        guard !activation.children.isEmpty else { return .parked }
        switch progress(&activation.children[0]) {
        case .parked: return .parked
        case .ended(let output): return end(output, &activation)
        case .raised(let error):
            activation.children = []
            guard case .attempt = body, !activation.isHandling, fatal == nil else { throw error }
            closeEffect(&activation)
            activation.fault = error
            activation.phase = .caught
            return nil
        case .done(let output, let flow):
            return continueBlock(after: activation.children[0], output, flow, &activation)
        }
    }

    private mutating func continueBlock(
        after child: Activation, _ output: JSONValue, _ flow: FlowDirective, _ activation: inout Activation
    ) -> Signal? {
        let next: Int?
        let position = definition.tasks[child.task].position
        switch flow {
        case .end: return end(output, &activation)
        case .exit: next = nil
        case .task(let index): next = index
        case .proceed: next = position.map { $0.index + 1 }
        }
        if let position, let next, definition.blocks[position.block].indices.contains(next) {
            let task = definition.blocks[position.block][next]
            activation.children = [begin(task, input: output, variables: child.variables)]
            return nil
        }
        activation.children = []
        activation.rawOutput = output
        if case .loop = definition.tasks[activation.task].body {
            activation.phase = .iterate
        } else {
            closeEffect(&activation)
            activation.phase = .output
        }
        return nil
    }

    /// Ends the workflow from within: its own output is still to be transformed, nobody else's is.
    private mutating func end(_ output: JSONValue, _ activation: inout Activation) -> Signal? {
        closeChildren(&activation)
        closeEffect(&activation)
        guard activation.task == 0 else {
            closeTimer(&activation)
            return .ended(output)
        }
        activation.rawOutput = output
        activation.phase = .output
        return nil
    }

    private mutating func progressBranches(
        _ competes: Bool, _ activation: inout Activation
    ) throws(WorkflowError) -> Signal? {
        var isOver = true
        for index in activation.children.indices where activation.children[index].phase != .settled {
            switch progress(&activation.children[index]) {
            case .parked: isOver = false
            case .raised(let error): throw error
            case .ended(let output): return end(output, &activation)
            case .done(let output, .end): return end(output, &activation)
            case .done(let output, _):
                activation.children[index].settle(output)
                guard competes else { continue }
                closeChildren(&activation)
                activation.rawOutput = output
                activation.phase = .output
                return nil
            }
        }
        guard isOver else { return .parked }
        activation.rawOutput = .array(activation.children.map(\.output))
        try bound(activation.rawOutput, activation)
        activation.children = []
        activation.phase = .output
        return nil
    }
}
