package import JSON

/// Earlier calls, from which the answers to a policy's questions can be told: for dry runs, where no store is asked.
package struct PolicyHistory: Sendable {
    private var additions: [(question: CounterQuestion, time: Timestamp, hasLeft: Bool)] = []

    package init() {}

    /// Adds a call that was let through under a policy.
    ///
    /// - Parameter hasLeft: Whether it has left; if not, it waits, and counts against limits, but what it names is not
    ///   yet seen.
    package mutating func add(_ call: PolicyCall, under policy: Policy, hasLeft: Bool = true) {
        additions += policy.questions(about: call).map { ($0, call.time, hasLeft) }
    }

    /// The answers to what a policy asks about a call.
    package func facts(about call: PolicyCall, under policy: Policy) -> PolicyFacts {
        var facts = PolicyFacts()
        for question in policy.questions(about: call) {
            let since = question.window == 0 ? nil : call.time.adding(milliseconds: -question.window)
            var sum: Int64 = 0
            for addition in additions where addition.question.key == question.key {
                guard addition.question.window == question.window, addition.time <= call.time,
                    since.map({ $0 < addition.time }) ?? true, addition.hasLeft || !question.countsAtDispatch
                else { continue }
                let (next, overflow) = sum.addingReportingOverflow(addition.question.amount)
                sum = overflow ? .max : next
            }
            facts[question] = sum
        }
        return facts
    }
}

extension PolicyHistory {
    /// Reads earlier calls for a dry run.
    ///
    /// - Parameters:
    ///   - value: `[{call, pending?}]`; one that is pending still waits for a human.
    ///   - policy: The policy under which they were let through.
    ///   - now: The time of those that name none.
    /// - Throws: `InvalidPolicyInput` with everything that does not fit.
    package init(reading value: JSONValue, under policy: Policy, now: Timestamp) throws(InvalidPolicyInput) {
        self.init()
        guard let items = value.arrayValue else {
            throw InvalidPolicyInput(violations: [JSONViolation(pointer: .root, detail: "must be a list")])
        }
        for (index, item) in items.enumerated() {
            let place = JSONPointer.root.appending(index)
            var reader = JSONObjectReader(item, at: place)
            let call = reader.requiredValue("call")
            let isPending = reader.optionalBool("pending") ?? false
            let violations = reader.finish()
            guard violations.isEmpty, let call else { throw InvalidPolicyInput(violations: violations) }
            let earlier = try PolicyCall(reading: call, now: now, at: place.appending("call"))
            add(earlier, under: policy, hasLeft: !isPending)
        }
    }
}
