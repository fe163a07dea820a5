import HoldpointCore
import JSON
import Testing

@Suite struct PermissionTests {
    private static let plain = Sample.permission()
    private static let editable = Sample.permission(["allow_edit": true, "allow_remember": true])

    private static let fitting: [(JSONValue, JSONValue)] = [
        (plain, ["action": "approve"]), (plain, ["action": "reject"]),
        (plain, ["action": "reject", "feedback": "too much"]), (plain, ["action": "approve", "remember": false]),
        (editable, ["action": "edit", "arguments": ["amount": 1200]]),
        (editable, ["action": "approve", "remember": true, "feedback": nil]),
    ]

    @Test(arguments: fitting) func `what fits is accepted`(body: JSONValue, answer: JSONValue) throws {
        #expect(try opened(body).violations(ofAnswer: answer).isEmpty)
    }

    @Test(
        arguments: [
            (plain, [:], "/action"), (plain, ["action": "maybe"], "/action"), (plain, ["action": true], "/action"),
            (plain, ["action": "edit", "arguments": [:]], "/action"),
            (plain, ["action": "approve", "arguments": [:]], "/arguments"),
            (plain, ["action": "approve", "remember": true], "/remember"),
            (plain, ["action": "reject", "feedback": 1], "/feedback"),
            (plain, ["action": "approve", "sure": true], "/sure"),
            (editable, ["action": "edit"], "/arguments"),
            (editable, ["action": "edit", "arguments": [1]], "/arguments"),
            (editable, ["action": "reject", "arguments": [:]], "/arguments"),
        ] as [(JSONValue, JSONValue, String)])
    func `what does not fit is refused with its pointer`(body: JSONValue, answer: JSONValue, pointer: String) throws {
        #expect(try opened(body).violations(ofAnswer: answer).pointers == [pointer])
    }

    @Test(
        arguments: [
            (["tool": nil], "/tool"), (["arguments": nil], "/arguments"), (["arguments": [1]], "/arguments"),
            (["risk": "huge"], "/risk"), (["reasons": "because"], "/reasons"), (["allow_edit": 1], "/allow_edit"),
        ] as [(JSONValue, String)])
    func `a question that cannot be asked is refused`(extra: JSONValue, pointer: String) {
        #expect(refusedPointers(Sample.permission(extra)) == [pointer])
    }

    @Test func `I7: the digest is that of the canonical arguments, however they were written`() throws {
        let one = try opened(Sample.permission(["arguments": json(#"{"b": 1, "a": [1.0, "x"]}"#)]))
        let other = try opened(Sample.permission(["arguments": json(#"{"a": [1, "x"], "b": 1e0}"#)]))
        let expected = Sample.hasher.sha256(Array(#"{"a":[1,"x"],"b":1}"#.utf8))
        #expect(one.argumentsDigest == expected)
        #expect(other.argumentsDigest == expected)
        #expect(try opened(Sample.permission()).argumentsDigest != expected)
        #expect(try opened(Sample.decision()).argumentsDigest == nil)
    }

    @Test func `I7: a number that would not survive a double is refused when opening, with its pointer`() throws {
        let session = try LiveSession.started()
        let arguments = json(#"{"to": ["x", {"iban/1": 9007199254740993}]}"#)
        let refusal = session.refusal(of: try Sample.open(1, Sample.permission(["arguments": arguments])))
        #expect(refusal?.code == .invalidInput)
        #expect(refusal?.violations.pointers == ["/arguments/to/1/iban~11"])
        let fine = json(#"{"amount": 9007199254740992, "rate": 0.1}"#)
        #expect(session.refusal(of: try Sample.open(1, Sample.permission(["arguments": fine]))) == nil)
    }

    @Test func `I7: such a number is refused in an edit, too`() throws {
        let edit = json(#"{"action": "edit", "arguments": {"amount": 9007199254740993}}"#)
        #expect(try opened(Self.editable).violations(ofAnswer: edit).pointers == ["/arguments/amount"])
    }

    @Test func `I7: an approval allows the proposed arguments, an edit its own, a rejection none`() throws {
        func approvedDigest(_ response: JSONValue) throws -> JSONValue? {
            var session = try LiveSession.started()
            try session.accept(try Sample.open(1, Self.editable))
            let entry = try #require(try session.accept(session.answer(1, response)).first)
            return try entry.json()["approved_digest"]
        }
        func digest(_ text: String) -> JSONValue { .string(Sample.hasher.sha256(Array(text.utf8)).description) }
        #expect(try approvedDigest(["action": "approve"]) == digest(#"{"amount":1800}"#))
        #expect(
            try approvedDigest(["action": "edit", "arguments": json(#"{"note": "x", "amount": 1200.0}"#)])
                == digest(#"{"amount":1200,"note":"x"}"#))
        #expect(try approvedDigest(["action": "reject"]) == .null)
    }

    @Test func `I7: proposed and approved arguments are kept apart`() throws {
        var session = try LiveSession.started()
        try session.accept(try Sample.open(1, Self.editable))
        try session.accept(session.answer(1, ["action": "edit", "arguments": ["amount": 1200]]))
        #expect(try session.log[1].json()["arguments"] == ["amount": 1800])
        #expect(try session.log[2].json()["response"]?["arguments"] == ["amount": 1200])
        #expect(try session.log[1].json()["arguments_digest"] != (try session.log[2].json()["approved_digest"]))
    }
}
