import HoldpointCore
import JSON
import Testing

@Suite struct LimitTests {
    @Test func `pending requests end at their limit, and room comes back`() throws {
        var session = try LiveSession.started()
        session.limits.openRequests = 2
        try session.accept(try Sample.open(1, Sample.decision()))
        try session.accept(try Sample.open(2, Sample.decision()))
        let refusal = session.refusal(of: try Sample.open(3, Sample.decision()))
        #expect(refusal?.code == .tooManyOpenRequests)
        #expect(refusal?.code.category == .conflict)
        try session.accept(session.answer(1, ["decision": "fast"]))
        try session.accept(try Sample.open(3, Sample.decision()))
    }

    @Test func `the requests of one session end at their limit`() throws {
        var session = try LiveSession.started()
        session.limits.totalRequests = 2
        for number in 1...2 as ClosedRange<UInt64> {
            try session.accept(try Sample.open(number, Sample.decision()))
            try session.accept(session.answer(number, ["decision": "fast"]))
        }
        #expect(session.refusal(of: try Sample.open(3, Sample.decision()))?.code == .tooManyRequests)
    }

    @Test func `the state counts what it holds on to and lets go of it`() throws {
        var session = try LiveSession.started()
        let base = session.state.heldBytes
        #expect(base == session.log[0].data.count)
        let opened = try #require(try session.accept(try Sample.open(1, Sample.permission())).first)
        #expect(session.state.heldBytes == base + opened.data.count)
        try session.accept(session.answer(1, ["action": "approve"]))
        #expect(session.state.heldBytes < base + opened.data.count)
        #expect(session.state.heldBytes > base)
    }

    @Test func `the standard limits are those that are documented`() {
        let limits = SessionLimits.standard
        #expect(limits.eventBytes == 262_144)
        #expect(limits.stateBytes == 4_194_304)
        #expect(limits.openRequests == 100)
        #expect(limits.totalRequests == 4_096)
    }

    @Test func `every rejection code has a category, and names are unique`() {
        let names = RejectionCode.allCases.map(\.rawValue)
        #expect(Set(names).count == names.count)
        #expect(RejectionCode.commandDead.category == .failed)
        #expect(RejectionCode.notTheOpener.category == .forbidden)
        #expect(RejectionCode.eventTooLarge.category == .tooLarge)
        #expect(RejectionCode.idempotencyMismatch.category == .invalid)
        #expect(RejectionCode.positionGone.category == .gone)
        #expect(RejectionCode.sessionQuarantined.category == .conflict)
        #expect(RejectionCode.sessionNotFound.category == .notFound)
    }
}
