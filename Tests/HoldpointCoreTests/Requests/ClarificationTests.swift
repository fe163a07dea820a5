import HoldpointCore
import JSON
import Testing

@Suite struct ClarificationTests {
    private static let closed = Sample.clarification(["options": [["id": "home"], ["id": "work"]]])
    private static let open = Sample.clarification(["options": [["id": "home"]], "allow_custom": true])
    private static let free = Sample.clarification()

    private static let fitting: [(JSONValue, JSONValue)] = [
        (closed, ["answer": "home"]), (closed, ["answer": ["home", "work"]]), (open, ["answer": "the shed"]),
        (open, ["answer": ["home", "the shed"]]), (free, ["answer": "anything"]), (free, ["answer": ["a", "b"]]),
    ]

    @Test(arguments: fitting) func `what fits is accepted`(body: JSONValue, answer: JSONValue) throws {
        #expect(try opened(body).violations(ofAnswer: answer).isEmpty)
    }

    @Test(
        arguments: [
            (closed, [:], "/answer"), (closed, ["answer": "shed"], "/answer"), (closed, ["answer": nil], "/answer"),
            (closed, ["answer": []], "/answer"), (closed, ["answer": ["home", "home"]], "/answer"),
            (closed, ["answer": ["home", 1]], "/answer"), (closed, ["answer": ""], "/answer"),
            (free, ["answer": ""], "/answer"), (free, ["answer": ["a": 1]], "/answer"),
            (free, ["answer": "x", "note": "y"], "/note"), (free, "text", ""), (free, [], ""),
        ] as [(JSONValue, JSONValue, String)])
    func `what does not fit is refused with its pointer`(body: JSONValue, answer: JSONValue, pointer: String) throws {
        #expect(try opened(body).violations(ofAnswer: answer).pointers == [pointer])
    }

    @Test func `question, label and allow_custom have defaults`() throws {
        let form = try recordedForm(try opened(Self.closed))
        #expect(form["question"] == "Which address?")
        #expect(form["allow_custom"] == false)
        #expect(form["options"]?.arrayValue?.first?["label"] == "home")
        #expect(form["options"]?.arrayValue?.first?["recommended"] == false)
        #expect(try recordedForm(try opened(Self.free))["allow_custom"] == true)
    }

    @Test(
        arguments: [
            (["options": [["id": "a"], ["id": "a"]]], "/options/1/id"), (["options": [["id": ""]]], "/options/0/id"),
            (["options": [["label": "x"]]], "/options/0/id"), (["options": [7]], "/options/0"),
            (["options": "a"], "/options"), (["options": [["id": "a", "risk": "low"]]], "/options/0/risk"),
            (["allow_custom": false], "/allow_custom"), (["allow_custom": "yes"], "/allow_custom"),
            (["question": 1], "/question"),
        ] as [(JSONValue, String)])
    func `a question that cannot be asked is refused`(extra: JSONValue, pointer: String) {
        #expect(refusedPointers(Sample.clarification(extra)) == [pointer])
    }

    @Test func `options end at their limit`() {
        func body(_ count: Int) -> JSONValue {
            Sample.clarification(["options": .array((0..<count).map { ["id": .string("o\($0)")] })])
        }
        #expect(refusedPointers(body(RequestLimits.optionCount)).isEmpty)
        #expect(refusedPointers(body(RequestLimits.optionCount + 1)) == ["/options"])
    }

    @Test func `an answer's text ends at its limit`() throws {
        let request = try opened(Self.free)
        let longest = String(repeating: "x", count: RequestLimits.valueLength)
        #expect(request.violations(ofAnswer: ["answer": .string(longest)]).isEmpty)
        #expect(request.violations(ofAnswer: ["answer": .string(longest + "x")]).pointers == ["/answer"])
    }
}
