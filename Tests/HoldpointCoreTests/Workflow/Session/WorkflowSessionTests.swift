import HoldpointCore
import JSON
import Testing

/// Workflows in sessions: what one decision brings about, and what a log of it comes to.
@Suite struct WorkflowSessionTests {
    @Test func `a start, its steps and the pause are one decision`() throws {
        let session = try WorkflowSample.session([["a": ["set": ["x": 1]]], WorkflowSample.ask])
        #expect(session.log.map(\.type) == ["session_started", "hitl_requested", "workflow_advanced"])
        #expect(session.state.status == .waiting)
        #expect(session.state.openEffects.count == 1)
        #expect(try session.events("workflow_advanced")[0]["tasks"] == ["/do/0/a"])
    }

    @Test func `an answer, the rest and the end are one decision`() throws {
        var session = try WorkflowSample.session([WorkflowSample.ask, ["b": ["set": ["got": "${ .decision }"]]]])
        let events = try session.accept(try session.answerToLast(["decision": "b"]))
        #expect(events.map(\.type) == ["hitl_responded", "workflow_advanced", "session_completed"])
        #expect(session.state.ending == .completed(output: ["got": "b"]))
        #expect(session.state.workflow == nil)
    }

    @Test func `the steps of a workflow are its own`() throws {
        let session = try WorkflowSample.session([WorkflowSample.ask])
        let step = RecordStep(name: "mine", stepData: [:], principal: Sample.agent)
        #expect(session.refusal(of: step)?.code == .programDrivesItself)
        #expect(session.refusal(of: CompleteSession(output: 1, principal: Sample.agent))?.code == .programDrivesItself)
    }

    @Test func `a paused workflow stands still, while answers and deadlines are recorded`() throws {
        var session = try WorkflowSample.session([
            ["all": ["fork": ["branches": [WorkflowSample.ask, ["rest": ["wait": ["seconds": 5]]]]]]],
            WorkflowSample.get,
        ])
        try session.accept(PauseSession(reason: nil, principal: Sample.operatorKey))
        let answered = try session.accept(try session.answerToLast(["decision": "a"]))
        session.advance(seconds: 5)
        let fired = try session.accept(FireDeadlines())
        #expect(answered.map(\.type) == ["hitl_responded"])
        #expect(fired.map(\.type) == ["timer_fired"])
        #expect(session.state.status == .paused)
        #expect(session.state.wakeAt == nil)
        let resumed = try session.accept(ResumeSession(reason: nil, principal: Sample.operatorKey))
        #expect(resumed.map(\.type) == ["session_resumed", "tool_proposed", "workflow_advanced"])
        #expect(session.state.status == .running)
    }

    @Test func `a workflow that stops to commit is found by whoever comes next`() throws {
        var session = try WorkflowSample.session([["again": ["set": ["x": 1], "then": "again"]]])
        #expect(session.state.canAdvance)
        #expect(session.state.status == .running)
        #expect(session.state.wakeAt == session.state.updatedAt)
        let events = try session.accept(FireDeadlines())
        #expect(events.map(\.type) == ["workflow_advanced"])
    }

    @Test func `a cancelled workflow leaves nothing open`() throws {
        var session = try WorkflowSample.session([
            ["all": ["fork": ["branches": [WorkflowSample.ask, WorkflowSample.post, WorkflowSample.child]]]]
        ])
        let child = try #require(session.state.workflow?.children.first)
        try session.accept(CancelSession(reason: "moot", principal: Sample.alice))
        #expect(session.state.openEffects.isEmpty)
        #expect(session.state.heldBytes < 2_000)
        let told = try #require(session.outgoing.last)
        #expect(told.session.key == child.key)
        #expect(told.command is CancelSession)
    }

    @Test func `I8: a permission that expires is not a yes, and its call is not made`() throws {
        let guarded: JSONValue = [
            "ok": [
                "call": "human",
                "with": [
                    "type": "permission", "title": "Pay?", "expires_in": 60,
                    "perform": [
                        "call": "http", "with": ["method": "post", "endpoint": "https://api.example.com/payments"],
                    ],
                ],
            ]
        ]
        var session = try WorkflowSample.session([guarded])
        session.advance(seconds: 60)
        try session.accept(FireDeadlines())
        guard case .failed(let error) = session.state.ending else {
            Issue.record("the session should have failed")
            return
        }
        #expect(error["type"] == "urn:holdpoint:problem:request_expired")
        #expect(try session.events("tool_proposed").isEmpty)
    }

    @Test func `I7: what an approval lets run is what was shown, and an edit is what it says`() throws {
        let guarded: JSONValue = [
            "ok": [
                "call": "human",
                "with": [
                    "type": "permission", "title": "Pay?", "allow_edit": true,
                    "perform": WorkflowSample.post["pay"] ?? .null,
                ],
            ]
        ]
        var approved = try WorkflowSample.session([guarded])
        let shown = try #require(try approved.events("hitl_requested").first)
        try approved.accept(try approved.answerToLast(["action": "approve"]))
        let call = try #require(try approved.events("tool_proposed").first)
        #expect(call["arguments"] == shown["arguments"])
        #expect(call["arguments_digest"] == shown["arguments_digest"])
        #expect(try approved.events("hitl_responded").first?["approved_digest"] == call["arguments_digest"])
        var edited = try WorkflowSample.session([guarded])
        var arguments = try #require(shown["arguments"]?.objectValue)
        arguments["body"] = ["order": 8]
        try edited.accept(try edited.answerToLast(["action": "edit", "arguments": .object(arguments)]))
        let changed = try #require(try edited.events("tool_proposed").first)
        #expect(changed["arguments"] == .object(arguments))
        #expect(try edited.events("hitl_responded").first?["approved_digest"] == changed["arguments_digest"])
    }

    @Test func `I6: every prefix of a log folds to the state that was live, from any snapshot on`() throws {
        for history in [try GoldenHistory.workflow(), try GoldenHistory.waitingWorkflow()] {
            var state = SessionState(identity: history.state.identity)
            for (count, entry) in history.log.enumerated() {
                try state.apply(try decoded(entry), at: entry.position)
                let bytes = SnapshotCodec.encode(state)
                let again = try SnapshotCodec.decode(
                    bytes, version: SnapshotCodec.version, identity: state.identity)
                #expect(again == state, "after \(entry.type)")
                #expect(SnapshotCodec.encode(again) == bytes)
                #expect(try fold(history.log[(count + 1)...], onto: again) == history.state)
            }
        }
    }

    @Test func `more requests at once than a session may have fail the workflow`() throws {
        var session = try LiveSession()
        session.limits.openRequests = 2
        session.workflow = try WorkflowSample.definition([
            [
                "all": [
                    "fork": [
                        "branches": [
                            ["a": WorkflowSample.ask["ask"] ?? .null], ["b": WorkflowSample.ask["ask"] ?? .null],
                            ["c": WorkflowSample.ask["ask"] ?? .null],
                        ]
                    ]
                ]
            ]
        ])
        try session.accept(try WorkflowSample.start())
        guard case .failed(let error) = session.state.ending else {
            Issue.record("the session should have failed")
            return
        }
        #expect(error["detail"]?.stringValue == "at most 2 requests may be pending at once")
    }
}
