import HoldpointCore
import JSON
import Testing

/// Calls of workflows: dispatch, answers, and what is done when nobody knows.
@Suite struct WorkflowCallTests {
    private func calling(_ task: JSONValue) throws -> (session: LiveSession, call: Int64) {
        let session = try WorkflowSample.session([task])
        return (session, session.number(of: "tool_proposed"))
    }

    @Test func `a call that is answered lets the workflow go on`() throws {
        var (session, call) = try calling(WorkflowSample.get)
        #expect(session.state.status == .running)
        #expect(session.state.readyCalls(at: session.now).map(\.id) == [call])
        #expect(session.state.wakeAt == session.state.updatedAt)
        let staysInMemory = session.state.openEffects.allSatisfy { !$0.allowsPassivation }
        #expect(staysInMemory)
        try session.accept(FinishCall(call: call, result: .completed(response: WorkflowSample.answered)))
        #expect(session.state.ending == .completed(output: ["ok": true]))
    }

    @Test func `a call is dispatched once`() throws {
        var (session, call) = try calling(WorkflowSample.post)
        let until = session.now.adding(milliseconds: 45_000)
        try session.accept(DispatchCall(call: call, until: until))
        #expect(session.refusal(of: DispatchCall(call: call, until: until))?.code == .callNotReady)
        #expect(session.refusal(of: DispatchCall(call: 99, until: until))?.code == .callNotReady)
        #expect(session.state.readyCalls(at: session.now).isEmpty)
        #expect(session.state.timerAt == until)
    }

    @Test func `I7: a call that must not be made twice and may have been made is for a human to judge`() throws {
        for verdict in CallVerdict.allCases {
            var (session, call) = try calling(WorkflowSample.post)
            try session.doubt(call)
            #expect(session.state.status == .waiting)
            let mayRest = session.state.openEffects.allSatisfy(\.allowsPassivation)
            #expect(mayRest)
            #expect(try session.events("hitl_requested")[0]["context"]?["call"] == .integer(call))
            let events = try session.accept(try session.answerToLast(["decision": .string(verdict.rawValue)]))
            switch verdict {
            case .done: #expect(session.state.ending == .completed(output: nil))
            case .repeat:
                #expect(events.map(\.type) == ["hitl_responded", "tool_postponed"])
                #expect(session.state.readyCalls(at: session.now).map(\.id) == [call])
            case .fail: #expect(session.state.status == .failed)
            }
        }
    }

    @Test func `I7: what became of an earlier attempt says nothing of a later one, unless it was answered`() throws {
        var (session, call) = try calling(WorkflowSample.post)
        let first = session.now.adding(milliseconds: 45_000)
        try session.accept(DispatchCall(call: call, until: first))
        session.advance(seconds: 45)
        try session.accept(FireDeadlines())
        try session.accept(try session.answerToLast(["decision": .string(CallVerdict.repeat.rawValue)]))
        let results: [CallResult] = [
            .unknown(reason: "cut off", retryAt: session.now), .failed(problem: WorkflowSample.problem),
            .notSent(reason: "stopping", retryAt: session.now),
        ]
        // Nothing of it is under way any more: a human has said so, and the call is to be made again.
        for result in results.prefix(2) {
            #expect(try session.accept(FinishCall(call: call, result: result, dispatchedUntil: first)).isEmpty)
        }
        let second = session.now.adding(milliseconds: 45_000)
        try session.accept(DispatchCall(call: call, until: second))
        for result in results {
            #expect(try session.accept(FinishCall(call: call, result: result, dispatchedUntil: first)).isEmpty)
        }
        #expect(session.state.timerAt == second)
        let answered = CallResult.completed(response: WorkflowSample.answered)
        try session.accept(FinishCall(call: call, result: answered, dispatchedUntil: first))
        #expect(session.state.status == .completed)
    }

    @Test func `a question about a call that is withdrawn lets the call fail`() throws {
        var (session, call) = try calling(WorkflowSample.post)
        try session.doubt(call)
        let question = try #require(session.state.openRequests.first?.request.id)
        try session.accept(WithdrawRequest(request: question, reason: nil, principal: Sample.alice))
        #expect(session.state.status == .failed)
    }

    @Test func `an idempotent call is tried again, a bounded number of times`() throws {
        var (session, call) = try calling(WorkflowSample.get)
        var tries = 0
        while session.state.ending == nil {
            tries += 1
            session.advance(seconds: 10)
            #expect(session.state.readyCalls(at: session.now).count == 1)
            let later = session.now.adding(milliseconds: 2_000)
            try session.accept(FinishCall(call: call, result: .unknown(reason: "cut off", retryAt: later)))
            #expect(session.state.readyCalls(at: session.now).isEmpty)
        }
        #expect(tries == CallLimits.attempts)
        #expect(session.state.status == .failed)
    }

    @Test func `what did not leave is made later, and is no attempt`() throws {
        var (session, call) = try calling(WorkflowSample.post)
        try session.accept(DispatchCall(call: call, until: session.now.adding(milliseconds: 45_000)))
        let later = session.now.adding(milliseconds: 2_000)
        let until = session.now.adding(milliseconds: 45_000)
        try session.accept(
            FinishCall(call: call, result: .notSent(reason: "stopping", retryAt: later), dispatchedUntil: until))
        #expect(session.state.workflow?.calls.first?.attempts == 0)
        #expect(session.state.timerAt == later)
        #expect(session.state.readyCalls(at: later).count == 1)
    }

    @Test func `what an earlier owner dispatched is doubted when it must be over, unless it is ours`() throws {
        var (session, call) = try calling(WorkflowSample.post)
        try session.accept(DispatchCall(call: call, until: session.now.adding(milliseconds: 45_000)))
        session.advance(seconds: 44)
        #expect(try session.accept(FireDeadlines()).isEmpty)
        session.advance(seconds: 1)
        #expect(try session.accept(FireDeadlines(inFlight: [call])).isEmpty)
        let events = try session.accept(FireDeadlines())
        #expect(events.map(\.type) == ["hitl_requested", "tool_doubted"])
        #expect(try session.accept(FireDeadlines()).isEmpty)
    }

    @Test func `what nobody waits for any more changes nothing`() throws {
        var session = try WorkflowSample.session([
            [
                "race": [
                    "fork": ["compete": true, "branches": [WorkflowSample.post, ["rest": ["wait": ["seconds": 1]]]]]
                ]
            ]
        ])
        let call = session.number(of: "tool_proposed")
        try session.doubt(call)
        session.advance(seconds: 1)
        let events = try session.accept(FireDeadlines())
        #expect(
            events.map(\.type) == [
                "timer_fired", "tool_failed", "hitl_cancelled", "workflow_advanced", "session_completed",
            ])
        #expect(try session.events("tool_failed")[0]["abandoned"] == true)
        let late = FinishCall(call: call, result: .completed(response: WorkflowSample.answered))
        #expect(try session.accept(late).isEmpty)
    }
}

extension LiveSession {
    /// Dispatches a call and loses sight of it, so that a human is asked.
    fileprivate mutating func doubt(_ call: Int64) throws {
        try accept(DispatchCall(call: call, until: now))
        try accept(
            FinishCall(call: call, result: .unknown(reason: "cut off", retryAt: now), dispatchedUntil: now))
    }
}
