import HoldpointCore
import JSON
import Testing

/// The pointers that a body is refused at; empty if it is accepted.
func refusedPointers(_ body: JSONValue) -> [String] {
    do {
        _ = try RequestDraft(body)
        return []
    } catch {
        return error.violations.pointers
    }
}

/// The request that a body opens, as the session's state holds it.
func opened(_ body: JSONValue) throws -> HumanRequest {
    var session = try LiveSession.started()
    try session.accept(try Sample.open(1, body))
    return try #require(session.state.openRequest(Sample.request(1))).request
}

/// The request as its event records it.
func recordedForm(_ request: HumanRequest) throws -> JSONValue {
    var writer = JSONWriter()
    request.write(into: &writer)
    return try JSONParser.parse(writer.bytes)
}

@Suite struct RequestDraftTests {
    private static let bodies: [JSONValue] = [
        Sample.clarification(), Sample.decision(), Sample.environment(), Sample.permission(),
    ]

    @Test(arguments: bodies) func `the least body of each type opens a request`(body: JSONValue) throws {
        let request = try opened(body)
        #expect(request.type.rawValue == body["type"]?.stringValue)
        #expect(request.expiresAt == nil)
        #expect(request.defaultAnswer == nil)
        #expect(request.createdAt == Sample.start)
        #expect(request.openedBy == Sample.agent)
    }

    @Test(arguments: bodies) func `an unknown field is refused with its pointer`(body: JSONValue) {
        #expect(refusedPointers(Sample.merge(body, ["colour": "red"])) == ["/colour"])
    }

    @Test(arguments: bodies) func `title is required and not empty`(body: JSONValue) {
        #expect(refusedPointers(Sample.merge(body, ["title": nil])) == ["/title"])
        #expect(refusedPointers(Sample.merge(body, ["title": ""])) == ["/title"])
        #expect(refusedPointers(Sample.merge(body, ["title": 7])) == ["/title"])
        let long = String(repeating: "x", count: RequestLimits.titleLength + 1)
        #expect(refusedPointers(Sample.merge(body, ["title": .string(long)])) == ["/title"])
    }

    @Test(
        arguments: [
            (["type": "poll", "title": "t"], "/type"), (["title": "t"], "/type"), (["type": 7, "title": "t"], "/type"),
            ("text", ""), ([], ""), (nil, ""),
        ] as [(JSONValue, String)])
    func `a body without a known type is refused`(body: JSONValue, pointer: String) {
        #expect(refusedPointers(body) == [pointer])
    }

    @Test(arguments: [0, -1, "soon", json("1.5"), true] as [JSONValue])
    func `expires_in is a whole number of seconds`(value: JSONValue) {
        #expect(refusedPointers(Sample.permission(["expires_in": value])) == ["/expires_in"])
    }

    @Test func `expires_in ends at ten years`() throws {
        let longest = RequestLimits.expirySeconds
        let request = try opened(Sample.permission(["expires_in": .integer(longest)]))
        #expect(request.expiresAt == Sample.start.adding(milliseconds: longest * 1_000))
        #expect(refusedPointers(Sample.permission(["expires_in": .integer(longest + 1)])) == ["/expires_in"])
    }

    @Test func `null stands for an absent message, context, default, schema and expiry`() throws {
        let body: JSONValue = [
            "type": "clarification", "title": "Which?", "message": nil, "context": nil, "expires_in": nil,
            "default": nil, "response_schema": nil,
        ]
        #expect(try opened(body) == (try opened(Sample.clarification(["title": "Which?"]))))
    }

    @Test func `a default must fit its own question`() {
        #expect(refusedPointers(Sample.decision(["default": "slow"])) == ["/default/decision"])
        #expect(refusedPointers(Sample.decision(["default": ["decision": "fast", "x": 1]])) == ["/default/x"])
        #expect(refusedPointers(Sample.clarification(["default": 7])) == ["/default/answer"])
    }

    @Test func `a default in short is kept in full`() throws {
        #expect(try opened(Sample.decision(["default": "cheap"])).defaultAnswer == ["decision": "cheap"])
        #expect(try opened(Sample.clarification(["default": "Home"])).defaultAnswer == ["answer": "Home"])
        let list = Sample.decision(["default": ["fast", "green"], "max_selections": 2])
        #expect(try opened(list).defaultAnswer == ["decision": ["fast", "green"]])
    }

    @Test func `I8: a permission takes no default, and env_var takes them field by field`() {
        #expect(refusedPointers(Sample.permission(["default": ["action": "approve"]])) == ["/default"])
        #expect(refusedPointers(Sample.environment(["default": ["values": ["TOKEN": "x"]]])) == ["/default"])
    }

    @Test func `a response schema is compiled when the request opens`() {
        #expect(refusedPointers(Sample.clarification(["response_schema": ["type": "no-such-type"]])).count == 1)
        #expect(
            refusedPointers(Sample.clarification(["response_schema": ["type": 7]])).first?
                .hasPrefix("/response_schema") == true)
        #expect(refusedPointers(Sample.environment(["response_schema": ["type": "object"]])) == ["/response_schema"])
    }

    @Test func `a response schema binds the default and the answers`() throws {
        let schema: JSONValue = ["properties": ["answer": ["maxLength": 3]]]
        let body = Sample.clarification(["response_schema": schema])
        #expect(refusedPointers(Sample.merge(body, ["default": "long one"])) == ["/default/answer"])
        let request = try opened(body)
        #expect(request.violations(ofAnswer: ["answer": "ok"]).isEmpty)
        #expect(request.violations(ofAnswer: ["answer": "long one"]).pointers == ["/answer"])
        #expect(request.violations(ofAnswer: ["answer": 3]).pointers == ["/answer"])
    }

    @Test func `every violation is reported at once`() {
        let body = Sample.decision([
            "title": "", "expires_in": 0, "options": [["label": "no id"]], "colour": 1,
        ])
        #expect(Set(refusedPointers(body)) == ["/title", "/expires_in", "/options/0/id", "/colour"])
    }

    @Test(arguments: bodies) func `the recorded form reads back as the same request`(body: JSONValue) throws {
        let request = try opened(
            Sample.merge(body, ["message": "m", "context": ["a": [1, nil]], "expires_in": 60]))
        let recorded = try recordedForm(request)
        #expect(try HumanRequest(recorded: recorded) == request)
        #expect(recorded["status"] == "pending")
        #expect(recorded["session"] == "order-7")
    }

    @Test(arguments: bodies) func `the answer schema that is shown is itself valid`(body: JSONValue) throws {
        let schema = try #require(try recordedForm(try opened(body))["response_schema"])
        _ = try JSONSchema(compiling: schema)
    }
}
