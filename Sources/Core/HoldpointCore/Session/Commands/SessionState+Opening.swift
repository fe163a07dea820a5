import JSON

extension SessionState {
    /// Opens a request; a permission is judged by the project's policy first.
    ///
    /// What the policy lets run, or keeps from agents, it answers at once.
    func open(
        _ draft: RequestDraft, as id: RequestID, by principal: Principal, in context: DecisionContext,
        reopening: Reopening? = nil
    ) -> Decision {
        guard let permission = draft.question as? PermissionQuestion else {
            return open(draft, as: id, by: principal, in: context, reopening, judged: nil)
        }
        let call = permission.policyCall(permission.arguments, at: context.now)
        switch judge(context).judge(call, after: CounterAdditions()) {
        case .unjudged: return open(draft, as: id, by: principal, in: context, reopening, judged: nil)
        case .needsPolicy: return .needsPolicy
        case .needs(let queries): return .needsCounters(queries)
        case .judged(let verdict):
            // Who names the people who must answer wants them to, whatever the policy would let run.
            var said = verdict
            if draft.approvers != nil, verdict.verdict.outcome != .block, let inForce = context.policy.inForce {
                said = verdict.asking(inForce.policy, about: permission.tool)
            }
            return open(draft, as: id, by: principal, in: context, reopening, judged: said)
        }
    }

    private func open(
        _ draft: RequestDraft, as id: RequestID, by principal: Principal, in context: DecisionContext,
        _ reopening: Reopening?, judged verdict: JudgedVerdict?
    ) -> Decision {
        var draft = draft
        if let verdict, let inForce = context.policy.inForce { draft = draft.judged(by: verdict, of: inForce.policy) }
        do {
            let request = try draft.opened(
                as: id, in: identity.id, at: context.now, by: principal, hasher: context.hasher, reopening: reopening)
            var events: [any SessionEvent] = [RequestOpened(request: request)]
            if let verdict { events += answers(to: request, verdict, in: context) }
            return .accept(events, .request(id, isNew: true))
        } catch {
            return .reject(Rejection(.invalidInput, "the request does not fit", violations: error.violations))
        }
    }

    /// What follows the opening of a permission that needs no human, or that no human may give.
    private func answers(
        to request: HumanRequest, _ verdict: JudgedVerdict, in context: DecisionContext
    ) -> [any SessionEvent] {
        guard let permission = request.question as? PermissionQuestion, let digest = request.argumentsDigest else {
            return []
        }
        func answered(_ response: JSONValue, _ approved: Digest?) -> RequestAnswered {
            RequestAnswered(
                request: request.id, response: response, comment: nil, answeredBy: .policy, receivedAt: context.now,
                fingerprint: "", approvedDigest: approved)
        }
        let approval = answered(["action": .string(PermissionAction.approve.rawValue)], digest)
        switch verdict.verdict.outcome {
        case .ask: return []
        case .run: return [approval]
        case .notify:
            return [
                HumansNotified(call: sequence + 1, tool: permission.tool, digest: digest, verdict: verdict), approval,
            ]
        case .block:
            let reasons = verdict.verdict.reasons.joined(separator: "; ")
            return [
                ToolBlocked(
                    task: nil, tool: permission.tool, arguments: permission.arguments, digest: digest,
                    verdict: verdict),
                answered(
                    [
                        "action": .string(PermissionAction.reject.rawValue),
                        "feedback": .string(String(reasons.prefix(RequestLimits.textLength))),
                    ], nil),
            ]
        }
    }
}

extension AnswerRequest {
    /// What the policy says of the arguments that an answer lets an agent of the caller's own run.
    enum Rejudgement {
        /// Nothing more than it said when the permission was asked for.
        case stands(JudgedVerdict?)
        /// It must be told something first, or wants more than that.
        case otherwise(Decision)
    }

    /// Judges an edit, and an approval that comes under another version of the policy than the request (I7).
    ///
    /// A workflow's call is judged when the workflow goes on with it.
    func rejudge(_ open: PendingRequest, in state: SessionState, _ context: DecisionContext) -> Rejudgement {
        guard state.program == .external, let permission = open.request.question as? PermissionQuestion,
            let earlier = permission.policy,
            let action = response["action"]?.stringValue.flatMap({ PermissionAction(rawValue: $0) }),
            action != .reject
        else { return .stands(nil) }
        if case .unknown = context.policy.standing { return .otherwise(.needsPolicy) }
        if action == .approve, context.policy.inForce?.version == earlier.version { return .stands(nil) }
        let arguments = action == .edit ? response["arguments"] ?? .null : permission.arguments
        let call = permission.policyCall(arguments, at: context.now)
        let own = CounterEntryID(session: state.identity.key, number: open.sequence)
        switch state.judge(context).judge(call, after: CounterAdditions(), besides: own) {
        case .unjudged: return .stands(nil)
        case .needsPolicy: return .otherwise(.needsPolicy)
        case .needs(let queries): return .otherwise(.needsCounters(queries))
        case .judged(let verdict):
            guard verdict.demandsMore(than: earlier) else { return .stands(verdict) }
            let place = JSONPointer.root.appending(action == .edit ? "arguments" : "action")
            let reasons = verdict.verdict.reasons.prefix(8).map { JSONViolation(pointer: place, detail: $0) }
            return .otherwise(
                .reject(
                    Rejection(
                        .policyDemandsMore,
                        "the policy asks for more than this request does: reject it, and let the agent ask anew",
                        violations: Array(reasons))))
        }
    }
}
