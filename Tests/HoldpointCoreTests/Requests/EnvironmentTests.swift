import HoldpointCore
import JSON
import Testing

@Suite struct EnvironmentTests {
    private static let body = Sample.environment([
        "allow_save": true,
        "fields": [
            ["name": "TOKEN", "pattern": "^tok_[a-z0-9]+$"],
            ["name": "REGION", "secret": false, "pattern": "^(eu|us)$", "input_type": "text"],
            ["name": "NOTE", "secret": false, "required": false],
            ["name": "SPARE", "required": false],
        ],
    ])
    private static let secret = "tok_s3cr3t"

    private func split(_ answer: JSONValue, of body: JSONValue = body) throws -> EnvironmentAnswer {
        let request = try opened(body)
        let question = try #require(request.question as? EnvironmentQuestion)
        return try EnvironmentAnswer(answer, to: question, request: request.id)
    }

    private func refusal(_ answer: JSONValue, of body: JSONValue = body) throws -> [JSONViolation] {
        do {
            _ = try split(answer, of: body)
            return []
        } catch let error as InvalidAnswer {
            return error.violations
        }
    }

    @Test func `I9: secret values are split off and handles take their place`() throws {
        let answer = try split(["values": ["TOKEN": .string(Self.secret), "REGION": "eu"], "save": true])
        #expect(
            answer.visible == [
                "values": ["TOKEN": ["secret": .string("\(Sample.request(1))/TOKEN")], "REGION": "eu"], "save": true,
            ])
        #expect(answer.secrets.map(\.value) == [Self.secret])
        #expect(answer.secrets.map(\.handle) == [SecretHandle(request: Sample.request(1), field: "TOKEN")])
        var writer = JSONWriter()
        writer.value(answer.visible)
        #expect(!String(decoding: writer.bytes, as: UTF8.self).contains(Self.secret))
    }

    @Test(
        arguments: [
            (["values": ["TOKEN": "tok_a", "REGION": "mars"]], "/values/REGION"),
            (["values": ["TOKEN": "SECRET-4711", "REGION": "eu"]], "/values/TOKEN"),
            (["values": ["REGION": "eu"]], "/values/TOKEN"), (["values": ["TOKEN": "tok_a"]], "/values/REGION"),
            (["values": ["TOKEN": "", "REGION": "eu"]], "/values/TOKEN"),
            (["values": ["TOKEN": 4711, "REGION": "eu"]], "/values/TOKEN"),
            (["values": ["TOKEN": ["secret": "req_4711/TOKEN"], "REGION": "eu"]], "/values/TOKEN"),
            (["values": ["TOKEN": "tok_a", "REGION": "eu", "OTHER": "SECRET-4711"]], "/values/OTHER"),
            (["values": "SECRET-4711"], "/values"), ([:], "/values"), ("SECRET-4711", ""),
            (["values": ["TOKEN": "tok_a", "REGION": "eu"], "save": "SECRET-4711"], "/save"),
            (["values": ["TOKEN": "tok_a", "REGION": "eu"], "extra": "SECRET-4711"], "/extra"),
        ] as [(JSONValue, String)])
    func `I9: what does not fit is refused with its pointer and without its value`(
        answer: JSONValue, pointer: String
    ) throws {
        let violations = try refusal(answer)
        #expect(violations.pointers == [pointer])
        #expect(violations.allSatisfy { !$0.detail.contains("4711") })
    }

    @Test func `saving is refused where it was not offered`() throws {
        let violations = try refusal(
            ["values": ["TOKEN": "x"], "save": true], of: Sample.environment())
        #expect(violations.pointers == ["/save"])
    }

    @Test func `I9: the session itself takes no plain text for a secret field`() throws {
        var session = try LiveSession.started()
        try session.accept(try Sample.open(1, Self.body))
        let plain = session.refusal(
            of: session.answer(1, ["values": ["TOKEN": .string(Self.secret), "REGION": "eu"]]))
        #expect(plain?.code == .invalidAnswer)
        #expect(plain?.violations.pointers == ["/values/TOKEN"])
        let foreign: JSONValue = ["secret": .string("\(Sample.request(1))/SPARE")]
        let crossed = session.refusal(of: session.answer(1, ["values": ["TOKEN": foreign, "REGION": "eu"]]))
        #expect(crossed?.violations.pointers == ["/values/TOKEN"])
    }

    @Test func `I9: the log and the snapshot hold handles, and the sealed boxes go beside them`() throws {
        var session = try LiveSession.started()
        try session.accept(try Sample.open(1, Self.body))
        let answer = try split(["values": ["TOKEN": .string(Self.secret), "REGION": "eu"]])
        let sealed = answer.secrets.map { SealedSecret(handle: $0.handle, box: [1, 2, 3]) }
        let command = AnswerRequest(
            request: Sample.request(1), response: answer.visible, comment: nil, responder: Responder(key: Sample.alice),
            receivedAt: session.now, fingerprint: "mac", sealedSecrets: sealed)
        #expect((command as any SessionCommand).sealedSecrets == sealed)
        try session.accept(command)
        let everything =
            session.log.flatMap(\.data) + SnapshotCodec.encode(session.state) + stored(command)
        #expect(!String(decoding: everything, as: UTF8.self).contains(Self.secret))
        #expect(try session.log[2].json()["response"]?["values"]?["TOKEN"].flatMap { SecretHandle($0) } != nil)
    }

    @Test(
        arguments: [
            (["tool": nil], "/tool"), (["fields": nil], "/fields"), (["fields": []], "/fields"),
            (["fields": [["label": "x"]]], "/fields/0/name"), (["fields": [["name": ""]]], "/fields/0/name"),
            (["fields": [["name": "A"], ["name": "A"]]], "/fields/1/name"),
            (["fields": [["name": "A", "input_type": "colour"]]], "/fields/0/input_type"),
            (["fields": [["name": "A", "pattern": "("]]], "/fields/0/pattern"),
            (["fields": [["name": "A", "default": "x"]]], "/fields/0/default"),
            (["fields": [["name": "A", "secret": "no"]]], "/fields/0/secret"),
        ] as [(JSONValue, String)])
    func `a question that cannot be asked is refused`(extra: JSONValue, pointer: String) {
        #expect(refusedPointers(Sample.environment(extra)) == [pointer])
    }

    @Test func `label, required, secret and input_type have defaults`() throws {
        let form = try recordedForm(try opened(Sample.environment()))
        #expect(
            form["fields"]?.arrayValue?.first == [
                "name": "TOKEN", "label": "TOKEN", "description": nil, "required": true, "secret": true,
                "input_type": "password", "pattern": nil, "default": nil,
            ])
        #expect(form["allow_save"] == false)
    }

    @Test func `fields end at their limit, and so does a value`() throws {
        func body(_ count: Int) -> JSONValue {
            Sample.environment(["fields": .array((0..<count).map { ["name": .string("F\($0)")] })])
        }
        #expect(refusedPointers(body(RequestLimits.fieldCount)).isEmpty)
        #expect(refusedPointers(body(RequestLimits.fieldCount + 1)) == ["/fields"])
        let longest = String(repeating: "x", count: RequestLimits.valueLength)
        #expect(try refusal(["values": ["TOKEN": .string(longest)]], of: Sample.environment()).isEmpty)
        #expect(
            try refusal(["values": ["TOKEN": .string(longest + "x")]], of: Sample.environment()).pointers
                == ["/values/TOKEN"])
    }

    @Test func `patterns of one answer share a budget of steps`() throws {
        let heavy = Sample.environment(["fields": [["name": "A", "secret": false, "pattern": "^(a|a|a|a)*$"]]])
        let value = String(repeating: "a", count: 60_000)
        #expect(try refusal(["values": ["A": .string(value)]], of: heavy).pointers == ["/values/A"])
    }
}
