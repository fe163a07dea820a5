import HoldpointCore
import JSON
import Testing

/// Sessions that start, end and follow one another.
@Suite struct WorkflowLineageTests {
    @Test func `a child is started by a stored command, and its end goes on with the parent`() throws {
        var session = try WorkflowSample.session([WorkflowSample.child])
        let started = try #require(session.outgoing.first)
        let start = try #require(started.command as? StartChild)
        #expect(start.child.name == "other")
        #expect(start.child.input == ["a": 1])
        #expect(start.parent.key == session.state.identity.key)
        #expect(start.parent.depth == 1)
        #expect(start.labels == ["team": "sales"])
        #expect(start.id == started.session.id)
        #expect(session.state.status == .running)
        let mayRest = session.state.openEffects.allSatisfy(\.allowsPassivation)
        #expect(mayRest)
        try session.accept(EndChild(child: start.parent.effect, ending: .completed(["b": 2])))
        #expect(session.state.ending == .completed(output: ["b": 2]))
        #expect(try session.accept(EndChild(child: start.parent.effect, ending: .completed(3))).isEmpty)
    }

    @Test func `a child that fails raises its error where it was started`() throws {
        var session = try WorkflowSample.session([
            [
                "safe": [
                    "try": [WorkflowSample.child],
                    "catch": ["as": "e", "do": [["b": ["set": ["why": "${ $e.detail }"]]]]],
                ]
            ]
        ])
        let child = session.number(of: "child_started")
        try session.accept(EndChild(child: child, ending: .failed(WorkflowSample.problem)))
        #expect(session.state.ending == .completed(output: ["why": "the host is unknown"]))
    }

    @Test func `a child tells its parent how it ended`() throws {
        let parent = try WorkflowSample.parent()
        var completed = try WorkflowSample.session([WorkflowSample.ask], parent: parent)
        try completed.accept(try completed.answerToLast(["decision": "a"]))
        let told = try #require(completed.outgoing.last)
        #expect(told.session.key == parent.key)
        let end = try #require(told.command as? EndChild)
        #expect(end.child == parent.effect)
        #expect(end.ending == .completed(["decision": "a"]))
        var cancelled = try WorkflowSample.session([WorkflowSample.ask], parent: parent)
        try cancelled.accept(CancelSession(reason: nil, principal: Sample.alice))
        guard case .failed(let problem)? = (cancelled.outgoing.last?.command as? EndChild)?.ending else {
            Issue.record("the parent should have been told")
            return
        }
        #expect(problem["detail"]?.stringValue == "the session order-7 was cancelled")
    }

    @Test func `a child that ends within its start tells its parent, too`() throws {
        let parent = try WorkflowSample.parent()
        let session = try WorkflowSample.session([["a": ["set": ["x": 1]]]], parent: parent)
        #expect(session.state.status == .completed)
        let end = try #require(session.outgoing.last?.command as? EndChild)
        #expect(end.child == parent.effect)
        #expect(end.ending == .completed(["x": 1]))
    }

    @Test func `the deeper a session is, the fewer others it may start`() throws {
        let many: JSONValue = [
            "all": [
                "fork": [
                    "branches": .array(
                        (0..<5).map { number in ["b\(number)": WorkflowSample.child["other"] ?? .null] })
                ]
            ]
        ]
        for depth in 0...WorkflowLimits.childrenAtOnce.count {
            let above = try WorkflowSample.parent()
            let parent = SessionParent(
                key: above.key, session: above.session, effect: above.effect, depth: Int64(depth))
            let session = try WorkflowSample.session([many], parent: depth == 0 ? nil : parent)
            let mayStart = depth < WorkflowLimits.childrenAtOnce.count ? WorkflowLimits.childrenAtOnce[depth] : 0
            #expect((session.state.status == .failed) == (mayStart < 5), "at depth \(depth)")
        }
    }

    @Test func `a child that is not waited for any more is cancelled`() throws {
        var session = try WorkflowSample.session([
            ["race": ["fork": ["compete": true, "branches": [WorkflowSample.child, WorkflowSample.ask]]]]
        ])
        try session.accept(try session.answerToLast(["decision": "a"]))
        #expect(session.outgoing.map { type(of: $0.command).kind } == ["start_child", "cancel"])
        #expect(session.outgoing[0].session == session.outgoing[1].session)
    }

    /// Waits again and again, for each of some items, within a time limit of the whole.
    private func loop(items: Int64) throws -> LiveSession {
        var session = try LiveSession()
        session.limits.eventsBeforeContinuing = 60
        session.workflow = try WorkflowSample.definition(
            [["each": ["for": ["in": "${ .items }"], "do": [["rest": ["wait": ["milliseconds": 1]]]]]]],
            extra: ["timeout": ["after": ["days": 1]]])
        try session.accept(try WorkflowSample.start(input: ["items": .array((0..<items).map { .integer($0) })]))
        return session
    }

    private func finish(_ session: inout LiveSession) throws {
        while session.state.ending == nil {
            session.now = session.now.adding(milliseconds: 1)
            try session.accept(FireDeadlines())
        }
    }

    @Test func `a log that became long ends, and another session goes on where it stood`() throws {
        var before = try loop(items: 50)
        try finish(&before)
        #expect((60..<70).contains(before.state.sequence))
        #expect(before.log.last?.type == "session_continued")
        #expect(before.state.status == .completed)
        let start = try #require(before.outgoing.last?.command as? StartSession)
        #expect(before.state.ending == .continued(as: start.id))
        #expect(start.continues == SessionLineage(previous: try SessionID("order-7"), first: try SessionID("order-7")))
        #expect(start.input == before.state.input)
        var after = try LiveSession()
        after.workflow = before.workflow
        after.now = before.now
        try after.accept(try WorkflowSample.start(input: start.input, continues: start.continues, place: start.place))
        #expect(after.state.openEffects.count == 2, "the wait, and the time limit of the whole")
        try finish(&after)
        #expect(after.state.status == .completed)
        let waits = try before.events("timer_fired").count + after.events("timer_fired").count
        #expect(waits == 50, "each item once, over both")
    }

    @Test func `a time limit of the whole is kept over sessions that go on for one another`() throws {
        var before = try loop(items: 50)
        try finish(&before)
        let start = try #require(before.outgoing.last?.command as? StartSession)
        var after = try LiveSession()
        after.workflow = before.workflow
        after.now = before.now
        try after.accept(try WorkflowSample.start(input: start.input, continues: start.continues, place: start.place))
        after.now = Sample.start.adding(milliseconds: 86_400_000)
        try after.accept(FireDeadlines())
        #expect(after.state.status == .failed)
    }

    @Test func `a workflow with something always open fails at the last limit, and not before`() throws {
        var session = try LiveSession()
        session.limits.eventsBeforeContinuing = 20
        session.limits.workflowEvents = 60
        let loop: JSONValue = [
            "each": ["for": ["in": "${ .items }"], "do": [["rest": ["wait": ["milliseconds": 1]]]]]
        ]
        session.workflow = try WorkflowSample.definition([
            ["both": ["fork": ["branches": [WorkflowSample.ask, loop]]]]
        ])
        try session.accept(try WorkflowSample.start(input: ["items": .array((0..<50).map { .integer($0) })]))
        try finish(&session)
        #expect(session.state.status == .failed)
        #expect((60..<70).contains(session.state.sequence))
    }
}
