import HoldpointCore
import JSON
import Testing

/// What calls add to a policy's counters, and when.
@Suite struct PolicyCounterTests {
    private static func limit(_ bound: Int64, window: String = "PT1H") -> JSONValue {
        PolicySample.level(
            "L0",
            [
                "rules": [
                    [
                        "name": "daily", "tools": ["charge"],
                        "when": [
                            "sum": ["argument": "/body/amount", "window": .string(window), "gt": .integer(bound)]
                        ], "level": "L3",
                    ]
                ]
            ])
    }

    private static func finish(_ session: inout LiveSession) throws {
        let call = try #require(session.openCall).id
        try session.accept(FinishCall(call: call, result: .completed(response: WorkflowSample.answered)))
    }

    @Test func `a call that runs reserves what it adds, at the revision that it was judged by`() throws {
        let first = try PolicySample.paying(Self.limit(2_000), input: PolicySample.refund(1_200))
        guard case .reserve(_, let revision, let entry) = try #require(first.changes.first) else {
            Issue.record("no reservation")
            return
        }
        #expect(revision == 0)
        #expect(entry.amount == 1_200_000_000)
        #expect(entry.until == first.now.adding(milliseconds: 3_600_000))

        let second = try PolicySample.paying(
            Self.limit(2_000), input: PolicySample.refund(900), counters: first.counters)
        #expect(second.types == ["hitl_requested"], "together they come to more than the limit")
        let third = try PolicySample.paying(
            Self.limit(2_000), input: PolicySample.refund(800), counters: first.counters)
        #expect(third.types == ["tool_proposed"], "together they come to the limit exactly")
    }

    @Test func `what another session reserved meanwhile refuses the reservation`() throws {
        var counters = TestCounters()
        let first = try PolicySample.paying(Self.limit(2_000), input: PolicySample.refund(1_200))
        try counters.apply(first.changes)
        #expect(throws: TestCounters.Outdated.self) { try counters.apply(first.changes) }
    }

    @Test func `a call that waits counts until it is rejected or expires`() throws {
        var waiting = try PolicySample.paying(Self.limit(1_000), input: PolicySample.refund(1_200))
        #expect(waiting.types == ["hitl_requested"])
        guard case .add = try #require(waiting.changes.first) else {
            Issue.record("a call that a human decides about is added whatever the counter has")
            return
        }
        let beside = try PolicySample.paying(
            Self.limit(1_000), input: PolicySample.refund(1), counters: waiting.counters)
        #expect(beside.types == ["hitl_requested"])

        try waiting.accept(try waiting.answerToLast(["action": "reject"]))
        let after = try PolicySample.paying(
            Self.limit(1_000), input: PolicySample.refund(1), counters: waiting.counters)
        #expect(after.types == ["tool_proposed"])

        var silent = try PolicySample.paying(Self.limit(1_000), input: PolicySample.refund(1_200))
        silent.advance(seconds: 1_800)
        try silent.accept(FireDeadlines())
        guard case .release = try #require(silent.changes.first) else {
            Issue.record("what expired counts no more")
            return
        }
    }

    @Test func `an approved call is added once, under its request`() throws {
        var session = try PolicySample.paying(Self.limit(1_000), input: PolicySample.refund(1_200))
        try session.accept(try session.answerToLast(["action": "approve"]))
        #expect(session.changes.isEmpty)
        let query = CounterQuery(key: try key(of: session), since: nil)
        #expect(session.counters.reading(of: query).sum == 1_200_000_000)
    }

    @Test func `an edited call adds what it was edited to, and not what was shown`() throws {
        var session = try PolicySample.paying(Self.limit(1_000), input: PolicySample.refund(1_200))
        let query = CounterQuery(key: try key(of: session), since: nil)
        try session.accept(try session.edit(PolicySample.refund(1_100)))
        #expect(session.openCall?.effect.arguments["body"] == PolicySample.refund(1_100))
        #expect(session.counters.reading(of: query).sum == 1_100_000_000)
    }

    private func key(of session: LiveSession) throws -> CounterKey {
        let counters = try session.events("hitl_requested").last?["policy"]?["counters"]?.arrayValue
        return CounterKey(recorded: try #require(counters?.first?["key"]?.stringValue))
    }

    @Test func `a value counts as seen once the call leaves, and not before`() throws {
        var first = try PolicySample.paying(PolicySample.invoices, input: PolicySample.refund(100))
        #expect(first.types == ["hitl_requested"])
        let meanwhile = try PolicySample.paying(
            PolicySample.invoices, input: PolicySample.refund(100), counters: first.counters)
        #expect(meanwhile.types == ["hitl_requested"], "the first invoice still waits")
        try first.accept(try first.answerToLast(["action": "approve"]))
        let call = try #require(first.openCall).id
        let proposed = try PolicySample.paying(
            PolicySample.invoices, input: PolicySample.refund(100), counters: first.counters)
        #expect(proposed.types == ["hitl_requested"], "it is approved and has not left")
        try first.accept(DispatchCall(call: call, until: first.now.adding(milliseconds: 1_000)))
        let after = try PolicySample.paying(
            PolicySample.invoices, input: PolicySample.refund(100), counters: first.counters)
        #expect(after.types == ["tool_proposed"])
        let other = try PolicySample.paying(
            PolicySample.invoices, input: PolicySample.refund(100, client: "globex"), counters: first.counters)
        #expect(other.types == ["hitl_requested"])
    }

    @Test func `a call that may be repeated is seen when it is proposed, since nothing else is recorded`() throws {
        var session = try PolicySample.paying(
            PolicySample.invoices, input: PolicySample.refund(100), method: "put")
        try session.accept(try session.answerToLast(["action": "approve"]))
        let after = try PolicySample.paying(
            PolicySample.invoices, input: PolicySample.refund(100), counters: session.counters)
        #expect(after.types == ["tool_proposed"])
    }

    @Test func `two calls of one decision see each other`() throws {
        var session = try LiveSession()
        session.policy = try PolicySample.inForce([
            "default": ["level": "L0"],
            "rules": [["name": "few", "when": ["count": ["window": "PT1H", "gt": 1]], "level": "L3"]],
        ])
        let call: JSONValue = ["call": "http", "with": ["method": "post", "endpoint": "https://a.example/pay"]]
        session.workflow = try WorkflowSample.definition([["f": ["fork": ["branches": [["a": call], ["b": call]]]]]])
        try session.accept(try WorkflowSample.start())
        #expect(session.types.filter { $0 == "tool_proposed" }.count == 1)
        #expect(session.types.filter { $0 == "hitl_requested" }.count == 1)
    }

    @Test func `two windows of one counter add to it once`() throws {
        let document: JSONValue = PolicySample.level(
            "L0",
            [
                "rules": [
                    [
                        "name": "hour", "tools": ["charge"],
                        "when": ["count": ["name": "n", "window": "PT1H", "gt": 5]], "level": "L3",
                    ],
                    [
                        "name": "day", "tools": ["charge"],
                        "when": ["count": ["name": "n", "window": "P1D", "gt": 20]], "level": "L3",
                    ],
                ]
            ])
        let session = try PolicySample.paying(document)
        #expect(session.changes.count == 1)
        guard case .reserve(_, _, let entry) = try #require(session.changes.first) else {
            Issue.record("no reservation")
            return
        }
        #expect(entry.until == session.now.adding(milliseconds: 86_400_000), "the longest window keeps it")
    }
}
