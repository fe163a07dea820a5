import HoldpointCore
import JSON

extension GoldenHistory {
    /// The types that only a workflow's log has.
    static let workflowTypes: Set<String> = [
        "workflow_advanced", "timer_set", "timer_fired", "timer_cancelled", "tool_proposed", "tool_dispatched",
        "tool_postponed", "tool_doubted", "tool_completed", "tool_failed", "child_started", "child_finished",
        "event_emitted", "session_continued", "tool_blocked", "hitl_notified", "hitl_deferred", "hitl_vetoed",
    ]

    /// Calls in every state, a timer, a child, an event, questions, and an error that nobody catches.
    static func workflow() throws -> LiveSession {
        var session = try waitingWorkflow()
        let calls = session.state.workflow?.calls.map(\.id) ?? []
        try session.accept(FinishCall(call: calls[1], result: .unknown(reason: "cut off", retryAt: session.now)))
        try session.accept(FinishCall(call: calls[1], result: .completed(response: WorkflowSample.answered)))
        try session.accept(try session.answerToLast(["decision": "repeat"]))
        session.advance(seconds: 600)
        try session.accept(FireDeadlines())
        let child = session.state.workflow?.children.first?.id ?? 0
        try session.accept(EndChild(child: child, ending: .completed(["b": 2])))
        try session.accept(FinishCall(call: calls[0], result: .failed(problem: WorkflowSample.problem)))
        return session
    }

    /// One that waits for calls, a human, a timer and another session.
    static func waitingWorkflow() throws -> LiveSession {
        let branches: JSONValue = [
            WorkflowSample.post, WorkflowSample.get, WorkflowSample.child, ["rest": ["wait": ["minutes": 5]]],
            [
                "hurry": [
                    "timeout": ["after": ["hours": 1]], "do": [WorkflowSample.ask],
                ]
            ],
        ]
        var session = try WorkflowSample.session([
            ["begin": ["set": ["order": "${ .order }", "note": "é \"quoted\""]]],
            ["tell": ["emit": ["event": ["with": ["source": "https://example.com", "type": "com.example.begun"]]]]],
            ["all": ["fork": ["branches": branches]]],
        ])
        let call = session.state.workflow?.calls.first?.id ?? 0
        let until = session.now.adding(milliseconds: 45_000)
        try session.accept(DispatchCall(call: call, until: until))
        let result = CallResult.unknown(reason: "cut off", retryAt: session.now)
        try session.accept(FinishCall(call: call, result: result, dispatchedUntil: until))
        return session
    }

    /// One whose log became so long that another session goes on for it.
    static func continued() throws -> LiveSession {
        var session = try LiveSession()
        session.limits.eventsBeforeContinuing = 20
        session.workflow = try WorkflowSample.definition([["rest": ["wait": ["milliseconds": 1], "then": "rest"]]])
        try session.accept(try WorkflowSample.start())
        while session.state.ending == nil {
            session.now = session.now.adding(milliseconds: 1)
            try session.accept(FireDeadlines())
        }
        return session
    }
}
