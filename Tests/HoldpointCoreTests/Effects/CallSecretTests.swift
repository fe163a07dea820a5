import HoldpointCore
import JSON
import Testing

struct CallSecretTests {
    private func sent(
        _ effect: HTTPCallEffect, _ secrets: [SecretReference: JSONValue]
    ) throws -> (headers: [String], body: String?, url: String) {
        let call = try effect.draft(with: secrets).call(idempotencyKey: "k")
        let headers = call.headers.map { "\($0.name): \($0.value)" }
        return (headers, call.body.map { String(decoding: $0, as: UTF8.self) }, call.url.text)
    }

    @Test func `handles in headers, query and body are filled in`() throws {
        let answered = SecretHandle(request: Sample.request(1), field: "TOKEN")
        let call = try proposedCall([
            "headers": ["X-Key": "${ $secrets.key }"], "query": ["k": "${ $secrets.key }"],
            "body": ["deep": ["${ $secrets.login }", answered.json], "secret": "use/key", "more": 1],
        ])
        #expect(call.secretReferences == [.project("key"), .project("login"), .request(answered)])
        let sent = try sent(
            call, [.project("key"): "k1", .project("login"): ["username": "u"], .request(answered): "t1"])
        #expect(sent.headers == ["X-Key: k1", "Content-Type: application/json"])
        #expect(sent.url == "https://a.example/pay?k=k1")
        #expect(sent.body == #"{"deep":[{"username":"u"},"t1"],"secret":"use/key","more":1}"#)
    }

    @Test func `I7: what a call names stays as it was digested`() throws {
        let call = try proposedCall(["body": ["key": "${ $secrets.key }"]])
        #expect(call.arguments["body"] == ["key": ["secret": "use/key"]])
        #expect(call.digest == (try ArgumentsDigest.of(call.arguments, hasher: Sample.hasher)))
    }

    @Test func `credentials come from a secret of their form`() throws {
        let basic = try proposedCall([:], authentication: ["basic": ["use": "login"]])
        #expect(basic.secretReferences == [.project("login")])
        #expect(
            try sent(basic, [.project("login"): ["username": "Aladdin", "password": "open sesame"]]).headers
                == ["Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="])
        let bearer = try proposedCall([:], authentication: ["bearer": ["use": "key"]])
        for value: JSONValue in ["abc.def", ["token": "abc.def", "other": 1]] {
            #expect(try sent(bearer, [.project("key"): value]).headers == ["Authorization: Bearer abc.def"])
        }
        let spelled = try proposedCall([:], authentication: ["bearer": ["token": "${ $secrets.key }"]])
        #expect(spelled.secretReferences == [.project("key")])
        #expect(try sent(spelled, [.project("key"): "abc"]).headers == ["Authorization: Bearer abc"])
    }

    @Test(
        arguments: [
            ("basic", "text"), ("basic", ["username": "u"]), ("basic", ["username": 1, "password": "p"]), ("bearer", 7),
            ("bearer", ["user": "u"]), ("bearer", "two words"),
        ] as [(String, JSONValue)])
    func `I9: a secret of another form is refused, and not shown`(scheme: String, value: JSONValue) throws {
        let call = try proposedCall([:], authentication: .object([scheme: ["use": "key"]]))
        let error = try #require(throws: InvalidHTTPCall.self) {
            _ = try sent(call, [.project("key"): value])
        }
        #expect(!error.detail.contains("two words"))
    }

    @Test func `a secret that is missing is named`() throws {
        let call = try proposedCall(["headers": ["X-Key": "${ $secrets.key }"]])
        let error = try #require(throws: InvalidHTTPCall.self) { _ = try call.draft(with: [:]) }
        #expect(error.detail == "the secret 'key' is not there")
    }

    @Test func `a call without secrets needs none`() throws {
        let call = try proposedCall(["body": ["secret": "plain"], "query": ["a": 1]])
        #expect(call.secretReferences.isEmpty)
        #expect(try sent(call, [:]).body == #"{"secret":"plain"}"#)
    }

    @Test(
        arguments: [
            ["endpoint": "${ $secrets.key }"], ["headers": "${ $secrets.key }"], ["query": "${ $secrets.key }"],
        ] as [JSONObject])
    func `a secret where it does not fit is a configuration error`(with: JSONObject) {
        #expect(throws: WorkflowError.self) { try proposedCall(with) }
    }

    @Test func `I9: a secret that the document does not declare is not its to send`() throws {
        let error = try #require(throws: WorkflowError.self) {
            try proposedCall(["body": ["forged": ["secret": "use/other"]]])
        }
        #expect(error.type == WorkflowError.Kind.configuration.type)
        #expect(error.detail == "the secret 'other' is not under use.secrets")
    }

    @Test func `a handle is an object with one member of its form`() {
        for value: JSONValue in [
            ["secret": "use/"], ["secret": "key"], ["secret": "use/key", "b": 1], "use/key", ["secret": 1],
        ] {
            #expect(SecretReference(value) == nil)
        }
        #expect(SecretReference(["secret": "use/a/b"]) == .project("a/b"))
        let handle = SecretHandle(request: Sample.request(2), field: "a/b")
        #expect(SecretReference(handle.json) == .request(handle))
    }
}
