import JSON

/// Judges the calls of one session by its project's policy, as far as a decision knows it.
package struct CallJudge: Sendable {
    let knowledge: PolicyKnowledge
    private let agent: String?
    private let user: String?
    private let labels: [(name: String, value: String)]
    /// The call that people release in this session: it was blocked, and needs their word instead.
    let releasing: DeferredAction?

    /// - Parameters:
    ///   - agent: The session's agent.
    ///   - user: On whose behalf it runs.
    ///   - labels: The session's labels.
    ///   - action: The call that people release in it, if it is for that.
    package init(
        _ knowledge: PolicyKnowledge, agent: AgentName? = nil, user: String? = nil, labels: [String: String] = [:],
        releasing action: DeferredAction? = nil
    ) {
        self.knowledge = knowledge
        self.agent = agent?.text
        self.user = user
        self.labels = labels.map { (name: $0.key, value: $0.value) }
        releasing = action
    }

    /// One that lets everything run, for a project without a policy.
    package static let none = CallJudge(.none)

    /// What becomes of a call.
    enum Judgement: Sendable, Equatable {
        /// There is no policy.
        case unjudged
        /// The policy has said so.
        case judged(JudgedVerdict)
        /// The policy must be looked up first.
        case needsPolicy
        /// These counters must be read first.
        case needs([CounterQuery])
    }

    /// Judges a call.
    ///
    /// - Parameters:
    ///   - call: The call; agent, user and labels are those of the session.
    ///   - additions: What calls have added that were judged before this one in the same decision.
    ///   - besides: What the call itself has added already, when it is judged again.
    func judge(_ call: PolicyCall, after additions: CounterAdditions, besides: CounterEntryID? = nil) -> Judgement {
        switch knowledge.standing {
        case .unknown: return .needsPolicy
        case .none: return .unjudged
        case .inForce(let inForce):
            var call = call
            if let releasing { call = call.named(as: releasing) }
            call.agent = agent
            call.user = user
            call.labels = labels
            var facts = PolicyFacts()
            var missing: [CounterQuery] = []
            for question in inForce.policy.questions(about: call) {
                let query = CounterQuery(question, at: call.time, besides: besides)
                guard let reading = knowledge.readings[query] else {
                    missing.append(query)
                    continue
                }
                facts[question] = [reading.sum, knowledge.pending.sum(query), additions.sum(query)].reduce(0) {
                    let (sum, overflow) = $0.addingReportingOverflow($1)
                    return overflow ? .max : sum
                }
            }
            if !missing.isEmpty { return .needs(missing) }
            var verdict = inForce.policy.verdict(on: call, facts: facts)
            if releasing != nil, verdict.outcome == .block, let rule = inForce.policy.deferral {
                verdict = inForce.policy.asking(verdict, about: call.tool, besides: rule.approvers)
            }
            return .judged(JudgedVerdict(version: inForce.version, verdict: verdict))
        }
    }

}

extension HTTPCallEffect {
    /// The call as a policy sees it.
    func policyCall(at time: Timestamp) -> PolicyCall {
        var call = PolicyCall(tool: tool, arguments: arguments, time: time)
        call.task = task
        call.function = function
        call.host = arguments["uri"]?.stringValue.flatMap { try? WebURL($0) }?.host.text
        return call
    }

    /// The name of the function under `use.functions` whose task makes the call.
    package var function: String? {
        let prefix = "/use/functions/"
        guard task.hasPrefix(prefix) else { return nil }
        return JSONPointer(parsing: task)?.tokens.dropFirst(2).first
    }

    /// The name that a policy knows the call by: its function's, or `http`.
    package var tool: String { function ?? "http" }
}

extension PolicyCall {
    /// The call under the names that it had where it was blocked.
    fileprivate func named(as action: DeferredAction) -> PolicyCall {
        var call = PolicyCall(tool: action.tool, arguments: arguments, time: time)
        call.task = action.task
        call.function = action.function
        call.host = host
        return call
    }
}
