import JSON

extension WorkflowInterpreter {
    /// Begins an attempt, the first or a later one.
    mutating func enterAttempt(_ rule: AttemptRule, _ activation: inout Activation) throws(WorkflowError) -> Signal? {
        if let limit = rule.retry?.attemptDuration {
            guard let duration = try milliseconds([limit], for: activation)?[0] else { return .parked }
            activation.attemptDeadline = context.now.adding(milliseconds: duration)
        }
        activation.fault = nil
        activation.children = [
            begin(definition.blocks[rule.block][0], input: activation.input, variables: activation.variables)
        ]
        activation.phase = .children
        return nil
    }

    /// The attempt's own time is over: that is an error like any other within it.
    mutating func failAttempt(_ activation: inout Activation) -> Signal? {
        closeChildren(&activation)
        closeEffect(&activation)
        activation.fault = WorkflowError(
            .timeout, "the attempt took too long", at: definition.tasks[activation.task].reference)
        activation.phase = .caught
        return nil
    }

    /// Decides what becomes of an error: passed on, tried again after a delay, handled, or swallowed.
    ///
    /// Retries come before the handler. When they are used up, `catch.do` runs if there is one; else the error goes on.
    mutating func judgeFault(_ activation: inout Activation) throws(WorkflowError) -> Signal? {
        guard case .attempt(let rule) = definition.tasks[activation.task].body, let fault = activation.fault else {
            return .parked
        }
        guard rule.admits(fault) else { throw fault }
        let extra = JSONObject([(rule.variable, fault.json)])
        guard let results = evaluate(rule.expressions, for: activation, on: activation.input, extra: extra) else {
            return .parked
        }
        var rest = results[...]
        guard try holds(rule.when, rule.exceptWhen, &rest, activation) else { throw fault }
        if activation.failedAt == nil { activation.failedAt = context.now }
        activation.attemptDeadline = nil
        if let retry = rule.retry, try holds(retry.when, retry.exceptWhen, &rest, activation),
            let delay = try delay(before: retry, &rest, activation)
        {
            activation.attempt += 1
            activation.phase = delay > 0 ? .delaying : .enter
            if delay > 0 {
                let due = context.now.adding(milliseconds: delay)
                activation.effect = try openTimer(due, .retry, activation)
            }
            return nil
        }
        guard let handler = rule.handler else {
            if rule.retry != nil { throw fault }
            activation.rawOutput = activation.input
            activation.phase = .output
            return nil
        }
        var variables = activation.variables
        variables[rule.variable] = fault.json
        activation.isHandling = true
        activation.children = [
            begin(definition.blocks[handler][0], input: activation.input, variables: variables)
        ]
        activation.phase = .children
        return nil
    }

    /// Whether `when` holds and `exceptWhen` does not; each counts only if it is there.
    private func holds(
        _ when: ExpressionProgram?, _ exceptWhen: ExpressionProgram?, _ rest: inout ArraySlice<ExpressionOutcome>,
        _ activation: Activation
    ) throws(WorkflowError) -> Bool {
        let first = when.flatMap { _ in rest.popFirst() }
        let second = exceptWhen.flatMap { _ in rest.popFirst() }
        if let first, try !value(first, activation).isTruthy { return false }
        if let second, try value(second, activation).isTruthy { return false }
        return true
    }

    /// The milliseconds before the next attempt; nil when there is to be none.
    private func delay(
        before retry: RetryRule, _ rest: inout ArraySlice<ExpressionOutcome>, _ activation: Activation
    ) throws(WorkflowError) -> Int64? {
        if let limit = retry.attempts, activation.attempt >= limit { return nil }
        var values: [JSONValue] = []
        for result in rest { values.append(try value(result, activation)) }
        var durations = try durations(retry.durations, values[...], at: activation)[...]
        let base = retry.delay.flatMap { _ in durations.popFirst() } ?? 0
        if retry.attemptDuration != nil { durations.removeFirst() }
        let total = retry.duration.flatMap { _ in durations.popFirst() }
        var delay = retry.delayMilliseconds(base, attempt: activation.attempt + 1)
        if retry.jitter != nil, let from = durations.popFirst(), let to = durations.popFirst() {
            let bits = context.bits(activation.id, activation.attempt).first.high
            delay += from + Int64(bits % UInt64(max(to - from, 0) + 1))
        }
        if let total, let failedAt = activation.failedAt {
            let next = context.now.adding(milliseconds: delay)
            if next > failedAt.adding(milliseconds: total) { return nil }
        }
        return min(delay, WorkflowLimits.durationMilliseconds)
    }

    /// Waits for the time of the next attempt.
    mutating func awaitDelay(_ activation: inout Activation) -> Signal? {
        guard let timer = activation.effect, take(timer) != nil else { return .parked }
        activation.effect = nil
        activation.phase = .enter
        return nil
    }
}
