import JSON

extension WorkflowInterpreter {
    /// Opens an effect; its id is the number of the event that says so.
    mutating func open(_ effect: WorkflowEffect, _ activation: Activation) throws(WorkflowError) -> Int64 {
        guard place.effects.count < WorkflowLimits.openEffects else {
            throw WorkflowError(
                .runtime, "at most \(WorkflowLimits.openEffects) effects may be open at once",
                at: definition.tasks[activation.task].reference)
        }
        let id = record { .opened(id: $0, effect) }
        place.effects.append(OpenWorkflowEffect(id: id, kind: effect.kind, arrival: nil))
        return id
    }

    mutating func openTimer(
        _ due: Timestamp, _ cause: WorkflowEffect.TimerCause, _ activation: Activation
    ) throws(WorkflowError) -> Int64 {
        try open(.timer(due: due, cause: cause, task: definition.tasks[activation.task].reference), activation)
    }

    /// What an effect came to, if it did.
    func arrival(of effect: Int64) -> EffectArrival? { place.effects.first { $0.id == effect }?.arrival }

    /// Whether a time limit is over; not within the advance that takes what came before it was.
    func isOver(_ timer: Int64) -> Bool { arrival(of: timer) != nil && !lateTimers.contains(timer) }

    /// Takes what an effect came to, after which it is not open any more; nil as long as it has not.
    mutating func take(_ effect: Int64) -> EffectArrival? {
        guard let index = place.effects.firstIndex(where: { $0.id == effect }),
            let arrival = place.effects[index].arrival
        else { return nil }
        place.effects.remove(at: index)
        return arrival
    }

    /// Gives an effect up.
    private mutating func close(_ effect: Int64) {
        guard let index = place.effects.firstIndex(where: { $0.id == effect }) else { return }
        let open = place.effects.remove(at: index)
        if open.arrival == nil { record { _ in .closed(effect: effect, open.kind) } }
    }

    mutating func closeTimer(_ activation: inout Activation) {
        activation.deadline = nil
        if let timer = activation.timer { close(timer) }
        activation.timer = nil
    }

    mutating func closeEffect(_ activation: inout Activation) {
        activation.attemptDeadline = nil
        if let effect = activation.effect { close(effect) }
        activation.effect = nil
    }

    mutating func closeChildren(_ activation: inout Activation) {
        for index in activation.children.indices { closeAll(&activation.children[index]) }
        activation.children = []
    }

    /// Gives up everything that is open within a task.
    mutating func closeAll(_ activation: inout Activation) {
        closeChildren(&activation)
        closeEffect(&activation)
        closeTimer(&activation)
    }

    /// Sets the timers of the time limits that still run when the workflow pauses.
    ///
    /// A limit that does not outlive the decision needs none, which is most of them. A timer is never refused for
    /// being one too many: a limit that is not kept would be worse.
    mutating func armTimers(_ activation: inout Activation) {
        let reference = definition.tasks[activation.task].reference
        if let due = activation.deadline, activation.timer == nil {
            activation.timer = arm(due, reference)
        }
        if let due = activation.attemptDeadline, activation.effect == nil, activation.phase == .children {
            activation.effect = arm(due, reference)
        }
        for index in activation.children.indices { armTimers(&activation.children[index]) }
    }

    private mutating func arm(_ due: Timestamp, _ reference: String) -> Int64 {
        let id = record { .opened(id: $0, .timer(due: due, cause: .timeout, task: reference)) }
        place.effects.append(OpenWorkflowEffect(id: id, kind: .timer(due: due), arrival: nil))
        return id
    }

    mutating func enterWait(_ rule: DurationRule, _ activation: inout Activation) throws(WorkflowError) -> Signal? {
        guard let duration = try milliseconds([rule], for: activation)?[0] else { return .parked }
        guard duration > 0 else {
            activation.rawOutput = activation.input
            activation.phase = .output
            return nil
        }
        activation.effect = try openTimer(context.now.adding(milliseconds: duration), .wait, activation)
        activation.phase = .effect
        return nil
    }

    mutating func enterChild(_ rule: ChildRule, _ activation: inout Activation) throws(WorkflowError) -> Signal? {
        let programs = rule.input?.expressions ?? []
        guard let values = try values(programs, for: activation, on: activation.input) else { return .parked }
        let input = if let template = rule.input { try fill(template, values, activation) } else { activation.input }
        let child = ChildEffect(
            task: definition.tasks[activation.task].reference, namespace: rule.namespace, name: rule.name,
            version: rule.version, input: input)
        try weigh(input, activation)
        try checkChildren(activation)
        activation.effect = try open(.child(child), activation)
        activation.phase = .effect
        return nil
    }

    /// Throws where one more session would be too many for one so deep.
    private func checkChildren(_ activation: Activation) throws(WorkflowError) {
        let limits = WorkflowLimits.childrenAtOnce
        let limit = context.depth < limits.count ? limits[Int(max(context.depth, 0))] : 0
        guard place.effects.count(where: { $0.kind == .child }) >= limit else { return }
        let detail =
            limit == 0
            ? "sessions start each other at most \(limits.count) levels deep"
            : "a session so deep may wait for at most \(limit) others at once"
        throw WorkflowError(.runtime, detail, at: definition.tasks[activation.task].reference)
    }

    /// Waits for what an effect comes to, and takes it.
    mutating func awaitEffect(_ activation: inout Activation) throws(WorkflowError) -> Signal? {
        guard let effect = activation.effect, let arrival = take(effect) else { return .parked }
        activation.effect = nil
        let task = definition.tasks[activation.task]
        switch (task.body, arrival) {
        case (_, .failed(let problem)):
            var object = problem.objectValue ?? JSONObject()
            object["instance"] = .string(task.reference)
            throw WorkflowError(.object(object), at: task.reference)
        case (.http(let rule), _) where activation.guarded?["arguments"] != nil:
            return try takePermission(arrival, for: rule, &activation)
        case (.http(let rule), .value(let response)):
            try takeResponse(response, of: rule, &activation)
        case (.human(let rule), _):
            return try takeAnswer(arrival, of: rule, &activation)
        case (_, .value(let value)):
            activation.rawOutput = value
        case (_, .fired):
            activation.rawOutput = activation.input
        case (_, .expired), (_, .withdrawn):
            throw WorkflowError(.runtime, "the effect came to what it cannot come to", at: task.reference)
        }
        activation.phase = .output
        return nil
    }
}
