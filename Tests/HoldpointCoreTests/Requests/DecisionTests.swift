import HoldpointCore
import JSON
import Testing

@Suite struct DecisionTests {
    private static let one = Sample.decision()
    private static let two = Sample.decision(["max_selections": 2])

    private static let fitting: [(JSONValue, JSONValue)] = [
        (one, ["decision": "fast"]), (one, ["decision": ["green"]]), (two, ["decision": ["fast", "green"]]),
    ]

    @Test(arguments: fitting) func `what fits is accepted`(body: JSONValue, answer: JSONValue) throws {
        #expect(try opened(body).violations(ofAnswer: answer).isEmpty)
    }

    @Test(
        arguments: [
            (one, [:], "/decision"), (one, ["decision": "slow"], "/decision"), (one, ["decision": []], "/decision"),
            (one, ["decision": ["fast", "cheap"]], "/decision"), (two, ["decision": ["fast", "fast"]], "/decision"),
            (two, ["decision": ["fast", "cheap", "green"]], "/decision"), (one, ["decision": 1], "/decision"),
            (one, ["decision": "fast", "why": "so"], "/why"), (one, nil, ""),
        ] as [(JSONValue, JSONValue, String)])
    func `what does not fit is refused with its pointer`(body: JSONValue, answer: JSONValue, pointer: String) throws {
        #expect(try opened(body).violations(ofAnswer: answer).pointers == [pointer])
    }

    @Test(
        arguments: [
            (["options": nil], "/options"), (["options": []], "/options"), (["max_selections": 0], "/max_selections"),
            (["max_selections": 4], "/max_selections"),
            (["options": [["id": "a", "risk": "huge"]]], "/options/0/risk"),
            (["options": [["id": "a", "risks": "fire"]]], "/options/0/risks"),
            (["options": [["id": "a", "estimated_cost": 7]]], "/options/0/estimated_cost"),
            (["options": [["id": "a"], ["id": "a"]]], "/options/1/id"), (["decision_type": 1], "/decision_type"),
        ] as [(JSONValue, String)])
    func `a question that cannot be asked is refused`(extra: JSONValue, pointer: String) {
        #expect(refusedPointers(Sample.decision(extra)) == [pointer])
    }

    @Test func `what an option may cost is recorded, and defaults are filled in`() throws {
        let form = try recordedForm(
            try opened(
                Sample.decision([
                    "options": [
                        [
                            "id": "fast", "label": "By air", "risk": "high", "estimated_cost": "40 EUR",
                            "risks": ["noise", "price"], "recommended": true,
                        ], ["id": "slow"],
                    ]
                ])))
        #expect(
            form["options"]?.arrayValue?.first == [
                "id": "fast", "label": "By air", "description": nil, "recommended": true, "risk": "high",
                "estimated_cost": "40 EUR", "risks": ["noise", "price"],
            ])
        #expect(form["options"]?.arrayValue?.last?["label"] == "slow")
        #expect(form["question"] == "How?")
        #expect(form["max_selections"] == 1)
    }
}
