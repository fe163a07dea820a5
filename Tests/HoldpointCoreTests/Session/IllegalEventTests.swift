import HoldpointCore
import JSON
import Testing

@Suite struct IllegalEventTests {
    /// One event of each type, taken from histories in which it is legal.
    private func event(_ type: String) throws -> any SessionEvent {
        for entry in try GoldenHistory.events() where entry.type == type { return try decoded(entry) }
        throw MalformedRecord(what: type, violations: [])
    }

    private func refusal(
        _ event: any SessionEvent, of state: SessionState, sequence: Int64? = nil, time: Timestamp = Sample.start
    ) -> IllegalEvent? {
        var state = state
        let before = state
        let position = EventPosition(sequence: sequence ?? state.sequence + 1, time: time, dataBytes: 10)
        do {
            try state.apply(event, at: position)
            return nil
        } catch {
            // What cannot follow has changed nothing.
            #expect(state == before)
            return error
        }
    }

    @Test func `an illegal event carries the state that it met and the event`() throws {
        var session = try LiveSession.started()
        try session.accept(CancelSession(reason: nil, principal: Sample.alice))
        let error = try #require(refusal(try event("message_received"), of: session.state))
        #expect(error.session == session.state.identity)
        #expect(error.state == "cancelled at 2")
        #expect(error.event == "message_received")
        #expect(error.sequence == 3)
        #expect(error.reason == "the session has ended")
        #expect(
            error.description
                == "event 3 (message_received) cannot follow in session order-7, cancelled at 2: the session has ended")
    }

    @Test(arguments: GoldenHistory.typeNames)
    func `every type but the first is illegal before the start, and all are after the end`(type: String) throws {
        let event = try event(type)
        let fresh = refusal(event, of: try LiveSession().state)
        #expect((fresh == nil) == (type == "session_started"))
        var session = try LiveSession.started()
        try session.accept(CompleteSession(output: nil, principal: Sample.agent))
        #expect(refusal(event, of: session.state) != nil)
    }

    @Test(arguments: [0, 1, 3, -1] as [Int64]) func `numbers are dense`(sequence: Int64) throws {
        let session = try LiveSession.started()
        let error = refusal(try event("message_received"), of: session.state, sequence: sequence)
        #expect(error?.reason == "expected number 2")
    }

    @Test func `time does not go back`() throws {
        let session = try LiveSession.started()
        let earlier = Sample.start.adding(milliseconds: -1)
        #expect(refusal(try event("message_received"), of: session.state, time: earlier) != nil)
        #expect(refusal(try event("message_received"), of: session.state) == nil)
    }

    @Test(arguments: ["hitl_responded", "hitl_expired", "hitl_cancelled"])
    func `only a pending request closes`(type: String) throws {
        let error = refusal(
            try event(type), of: try LiveSession.started().state, time: Sample.start.adding(milliseconds: 86_400_000))
        #expect(error?.reason == "the request is not pending")
    }

    @Test func `I8: an expiry before the deadline is illegal`() throws {
        var session = try LiveSession.started()
        try session.accept(try Sample.open(1, Sample.permission(["expires_in": 60])))
        let expiry = try EventRegistry.event(
            named: "hitl_expired",
            data: Array(
                #"{"request":"\#(Sample.request(1))","answered":false,"response":{"action":"reject"}}"#.utf8))
        let event = try #require(expiry)
        #expect(refusal(event, of: session.state)?.reason == "its deadline is not over")
        #expect(refusal(event, of: session.state, time: Sample.start.adding(milliseconds: 60_000)) == nil)
    }

    @Test func `a request opens once, and pauses and ends do not repeat`() throws {
        var session = try LiveSession.started()
        let opened = try #require(try session.accept(try Sample.open(1, Sample.decision())).first)
        #expect(refusal(try decoded(opened), of: session.state)?.reason == "the request was opened before")
        for type in ["session_completed", "session_failed", "session_cancelled"] {
            #expect(refusal(try event(type), of: session.state)?.reason == "requests are pending")
        }
        #expect(refusal(try event("session_resumed"), of: session.state)?.reason == "the session is not paused")
        try session.accept(PauseSession(reason: nil, principal: Sample.operatorKey))
        #expect(refusal(try event("session_paused"), of: session.state)?.reason == "the session is paused")
        #expect(refusal(try event("session_started"), of: session.state)?.reason == "the session started before")
    }

    @Test func `a start that names another session is illegal`() throws {
        let other = SessionState(identity: try Sample.identity("order-8"))
        #expect(refusal(try event("session_started"), of: other)?.reason == "it names another session")
    }
}
