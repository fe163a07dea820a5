import HoldpointCore
import JSON
import Testing

/// Workflows at the edges of what a session may hold, say and wait for.
@Suite struct WorkflowRoomTests {
    @Test func `a paused session makes no call, so none falls due`() throws {
        var session = try WorkflowSample.session([WorkflowSample.get])
        let call = session.number(of: "tool_proposed")
        let later = session.now.adding(milliseconds: 2_000)
        try session.accept(FinishCall(call: call, result: .notSent(reason: "busy", retryAt: later)))
        #expect(session.state.timerAt == later)
        #expect(session.state.timerAt(besides: [call]) == nil)
        try session.accept(PauseSession(reason: nil, principal: Sample.operatorKey))
        #expect(session.state.timerAt == nil)
        #expect(session.state.wakeAt == nil)
        try session.accept(ResumeSession(reason: nil, principal: Sample.operatorKey))
        #expect(session.state.timerAt == later)
    }

    @Test func `a dispatched call is known to be over in its time, in a paused session, too`() throws {
        var session = try WorkflowSample.session([WorkflowSample.post])
        let call = session.number(of: "tool_proposed")
        let until = session.now.adding(milliseconds: 45_000)
        try session.accept(DispatchCall(call: call, until: until))
        try session.accept(PauseSession(reason: nil, principal: Sample.operatorKey))
        #expect(session.state.timerAt == until)
        #expect(session.state.timerAt(besides: [call]) == nil)
    }

    @Test(arguments: [true, false])
    func `I3: an answer that came before the time limit counts, however late the workflow goes on`(
        isInTime: Bool
    ) throws {
        var task = try #require(WorkflowSample.ask["ask"]?.objectValue)
        task["timeout"] = ["after": ["seconds": 10]]
        var session = try WorkflowSample.session([["ask": .object(task)]])
        try session.accept(PauseSession(reason: nil, principal: Sample.operatorKey))
        let answer = try session.answerToLast(["decision": "a"])
        if isInTime { try session.accept(answer) }
        session.advance(seconds: 10)
        #expect(try session.accept(FireDeadlines()).map(\.type) == ["timer_fired"])
        if !isInTime { try session.accept(answer) }
        try session.accept(ResumeSession(reason: nil, principal: Sample.operatorKey))
        #expect(session.state.status == (isInTime ? .completed : .failed))
    }

    @Test func `I7: an approval lets run what was shown, whatever has changed meanwhile`() throws {
        let permission: JSONValue = [
            "ok": [
                "call": "human",
                "with": [
                    "type": "permission", "title": "Pay?",
                    "perform": [
                        "call": "http",
                        "with": [
                            "method": "post", "endpoint": "https://api.example.com/payments",
                            "body": ["sum": "${ $context.sum }"],
                        ],
                    ],
                ],
            ]
        ]
        let change: JSONValue = ["change": ["set": ["sum": 1_000], "export": ["as": "${ . }"]]]
        let later: JSONValue = ["later": ["do": [["rest": ["wait": ["seconds": 1]]], change]]]
        var session = try WorkflowSample.session(
            [["both": ["fork": ["branches": [permission, later]]]]], input: ["sum": 5])
        session.advance(seconds: 1)
        try session.accept(FireDeadlines())
        try session.accept(try session.answerToLast(["action": "approve"]))
        let call = try #require(try session.events("tool_proposed").first)
        #expect(call["arguments"]?["body"] == ["sum": 5])
        #expect(try session.events("hitl_requested")[0]["arguments_digest"] == call["arguments_digest"])
    }

    @Test func `a workflow that starts and gives up others again and again stops to commit`() throws {
        let branches: JSONValue = [WorkflowSample.child, ["quick": ["set": ["x": 1]]]]
        let session = try WorkflowSample.session(
            [
                [
                    "each": [
                        "for": ["in": "${ .items }"],
                        "do": [["race": ["fork": ["compete": true, "branches": branches]]]],
                    ]
                ]
            ],
            input: ["items": .array((0..<700).map { .integer($0) })])
        #expect(session.state.canAdvance)
        #expect(session.outgoing.count >= WorkflowLimits.actsPerAdvance)
        #expect(session.outgoing.count < WorkflowLimits.actsPerAdvance + 4)
    }

    @Test func `a child's end that does not fit is a failure, and without room for that the session ends`() throws {
        let session = try WorkflowSample.session([WorkflowSample.child])
        let child = session.number(of: "child_started")
        let end = EndChild(child: child, ending: .completed("much"))
        let types = end.alternatives(for: session.state, under: session.limits).map { events in
            events.map { type(of: $0).type.text }
        }
        #expect(types == [["child_finished"], ["session_failed"]])
        let notSent = FinishCall(call: 1, result: .notSent(reason: "busy", retryAt: session.now))
        #expect(notSent.alternatives(for: session.state, under: session.limits).count == 1)
        #expect(FireDeadlines().alternatives(for: session.state, under: session.limits).count == 1)
        let answer = FinishCall(call: 1, result: .completed(response: WorkflowSample.answered))
        #expect(answer.alternatives(for: session.state, under: session.limits).isEmpty)
        let external = try LiveSession.started()
        #expect(FireDeadlines().alternatives(for: external.state, under: external.limits).isEmpty)
    }

    @Test func `a start that is refused tells the parent that waits for it`() throws {
        let state = try LiveSession().state
        let rejection = Rejection(.eventTooLarge, "an event holds less")
        let parent = try WorkflowSample.parent()
        let told = try #require(
            try WorkflowSample.start(parent: parent).outgoing(from: state, after: rejection).first)
        #expect(told.session.key == parent.key)
        #expect((told.command as? EndChild)?.child == parent.effect)
        #expect(try WorkflowSample.start(parent: parent).outgoing(from: state, after: nil).isEmpty)
        #expect(try WorkflowSample.start().outgoing(from: state, after: rejection).isEmpty)
    }

    /// Waits again and again; goes on elsewhere as soon as it may.
    private func endless(_ first: JSONValue = ["begin": ["set": ["x": 1]]]) throws -> LiveSession {
        var session = try LiveSession()
        session.limits.eventsBeforeContinuing = 20
        session.limits.workflowEvents = 60
        session.workflow = try WorkflowSample.definition([
            first, ["rest": ["wait": ["milliseconds": 1]]], ["again": ["set": ["x": 1], "then": "rest"]],
        ])
        return session
    }

    private func finish(_ session: inout LiveSession) throws {
        while session.state.ending == nil {
            session.now = session.now.adding(milliseconds: 1)
            try session.accept(FireDeadlines())
        }
    }

    @Test func `I9: a workflow that has a secret answer at hand stays in the session that may use it`() throws {
        let ask: JSONValue = [
            "ask": [
                "call": "human",
                "with": ["type": "env_var", "title": "Keys", "tool": "billing", "fields": [["name": "TOKEN"]]],
                "export": ["as": "${ . }"],
            ]
        ]
        var session = try endless(ask)
        try session.accept(try WorkflowSample.start())
        let request = try #require(session.state.openRequests.first?.request.id)
        let handle = SecretHandle(request: request, field: "TOKEN").json
        try session.accept(try session.answerToLast(["values": ["TOKEN": handle], "save": false]))
        try finish(&session)
        #expect(try session.events("session_continued").isEmpty)
        #expect(session.state.status == .failed, "at the last limit")
        var other = try endless()
        try other.accept(try WorkflowSample.start())
        try finish(&other)
        #expect(other.log.last?.type == "session_continued")
    }

    @Test func `a log does not end for a session whose first event would be too large`() throws {
        var session = try endless()
        session.limits.eventBytes = 20_000
        let labels = Dictionary(
            uniqueKeysWithValues: (0..<38).map { ("label-\($0)", String(repeating: "x", count: 500)) })
        try session.accept(
            StartSession(
                id: try SessionID("order-7"), agent: try AgentName("sample"), agentVersion: 1, program: .workflow,
                input: 1, labels: labels, onBehalfOf: nil, principal: Sample.agent))
        try finish(&session)
        #expect(session.state.status == .failed, "at the last limit")
    }

    @Test func `what a parent says reaches the session that went on for its child`() throws {
        var session = try endless()
        try session.accept(try WorkflowSample.start(parent: try WorkflowSample.parent()))
        try finish(&session)
        let start = try #require(session.outgoing.last)
        let cancel = CancelSession(reason: "moot", principal: .engine)
        #expect(session.refusal(of: cancel) == nil)
        let told = try #require(cancel.outgoing(from: session.state, after: nil).first)
        #expect(told.session == start.session)
        #expect((told.command as? CancelSession)?.reason == "moot")
        let word = CancelSession(reason: nil, principal: Sample.alice)
        #expect(session.refusal(of: word)?.code == .sessionFinished)
        #expect(word.outgoing(from: session.state, after: nil).isEmpty)
    }
}
