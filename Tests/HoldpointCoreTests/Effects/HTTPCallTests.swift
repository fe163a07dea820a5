import HoldpointCore
import JSON
import Testing

struct HTTPCallTests {
    private func draft(_ method: HTTPCall.Method, _ endpoint: String) throws -> HTTPCallDraft {
        HTTPCallDraft(method: method, endpoint: try URITemplate(endpoint))
    }

    @Test func `template, query, headers and body become one call`() throws {
        var draft = try draft(.put, "https://h/orders/{id}?a=1")
        draft.variables = ["id": 7]
        draft.query = ["q": "x y&z", "n": 3, "list": ["a", true], "gone": nil]
        draft.headers = ["X-Count": 3, "X-Gone": nil]
        draft.body = ["amount": .number(try #require(JSONNumber(text: "1.50"))), "b": "ä"]
        draft.authentication = .bearer(token: "abc.def-==")
        let call = try draft.call(idempotencyKey: "t:p:s:4")
        #expect(call.url.text == "https://h/orders/7?a=1&q=x%20y%26z&n=3&list=a&list=true")
        #expect(call.body == Array(#"{"amount":1.50,"b":"ä"}"#.utf8))
        #expect(
            call.headersToSend.map { "\($0.name): \($0.value)" } == [
                "X-Count: 3", "Content-Type: application/json", "Authorization: Bearer abc.def-==",
                "Idempotency-Key: t:p:s:4",
            ])
    }

    @Test(
        arguments: [
            (nil, #"{"a":[1,"x y"],"b":null}"#),
            ("application/merge-patch+json; charset=utf-8", #"{"a":[1,"x y"],"b":null}"#),
            ("application/x-www-form-urlencoded", "a=1&a=x%20y"),
        ] as [(String?, String)])
    func `the media type says how an object is written`(contentType: String?, text: String) throws {
        let body = try HTTPBody(["a": [1, "x y"], "b": nil], contentType: contentType)
        #expect(String(decoding: body.bytes, as: UTF8.self) == text)
    }

    @Test func `text of another media type goes as it stands, and nothing else has a form there`() throws {
        #expect(try HTTPBody("a,b\n", contentType: "text/csv").bytes == Array("a,b\n".utf8))
        #expect(try HTTPBody("a", contentType: nil).bytes == Array("\"a\"".utf8))
        #expect(throws: InvalidHTTPCall.self) { try HTTPBody(["a": 1], contentType: "text/csv") }
        #expect(throws: InvalidHTTPCall.self) { try HTTPBody(7, contentType: "application/x-www-form-urlencoded") }
    }

    @Test(arguments: [
        ("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), ("test", "123£", "Basic dGVzdDoxMjPCow=="),
        ("", "", "Basic Og=="),
    ])
    func `basic authentication is that of RFC 7617`(username: String, password: String, value: String) throws {
        let header = try HTTPAuthentication.basic(username: username, password: password).header()
        #expect(header.name == "Authorization")
        #expect(header.value == value)
    }

    @Test(arguments: [
        HTTPAuthentication.basic(username: "a:b", password: "c"), .basic(username: "a:\u{301}b", password: "c"),
        .basic(username: "a", password: "b\r\nX: y"),
        .basic(username: "a\u{0}", password: ""), .bearer(token: ""), .bearer(token: "a b"), .bearer(token: "a\nb"),
        .bearer(token: "=a"), .bearer(token: "=="),
    ])
    func `credentials without a form are refused`(authentication: HTTPAuthentication) {
        #expect(throws: InvalidHTTPCall.self) { try authentication.header() }
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base 64 is that of RFC 4648`(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
    }

    @Test(arguments: [
        "Host", "content-length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Trailer", "Expect",
        "Keep-Alive", "Proxy-Authorization", "", "a b", "a:", "ä",
    ])
    func `a header that frames the message or is no token is refused`(name: String) {
        #expect(throws: InvalidHTTPCall.self) { try HTTPCall.Header(name, "x") }
    }

    @Test(arguments: ["a\r\nb: c", "a\nb", "\u{0}", "\u{7F}"])
    func `a header value is one line`(value: String) {
        #expect(throws: InvalidHTTPCall.self) { try HTTPCall.Header("X", value) }
    }

    @Test func `the key of the effect is sent unless the call brings its own`() throws {
        var draft = try draft(.post, "http://h/")
        draft.headers = ["idempotency-key": "own"]
        #expect(try draft.call(idempotencyKey: "k").headersToSend.map(\.value) == ["own"])
        for key in ["", "a b", "a\n", "ä", String(repeating: "k", count: HTTPCall.maximumKeyBytes + 1)] {
            #expect(throws: InvalidHTTPCall.self) { try draft.call(idempotencyKey: key) }
        }
    }

    @Test func `a call is idempotent by its method or because it is marked so`() throws {
        for method in HTTPCall.Method.allCases {
            var draft = try draft(method, "http://h/")
            #expect(try draft.call(idempotencyKey: "k").isIdempotent == ![.post, .patch].contains(method))
            draft.isMarkedIdempotent = true
            #expect(try draft.call(idempotencyKey: "k").isIdempotent)
        }
        #expect(HTTPCall.Method("get") == .get)
        #expect(HTTPCall.Method("TRACE") == nil)
        #expect(HTTPCall.Method("CONNECT") == nil)
    }

    @Test func `what a call may cost is bounded`() throws {
        let base = try draft(.post, "http://h/")
        var draft = base
        draft.headers = JSONObject((0...HTTPCall.Header.maximumCount).map { ("X-\($0)", "v") })
        #expect(throws: InvalidHTTPCall.self) { try draft.call(idempotencyKey: "k") }
        draft.headers = ["X": .string(String(repeating: "v", count: HTTPCall.Header.maximumBytes))]
        #expect(throws: InvalidHTTPCall.self) { try draft.call(idempotencyKey: "k") }
        draft = base
        draft.body = .string(String(repeating: "v", count: HTTPCall.maximumBodyBytes - 1))
        #expect(throws: InvalidHTTPCall.self) { try draft.call(idempotencyKey: "k") }
        draft.body = .string(String(repeating: "v", count: HTTPCall.maximumBodyBytes - 2))
        _ = try draft.call(idempotencyKey: "k")
        draft = base
        draft.query = ["q": .string(String(repeating: "v", count: WebURL.maximumBytes))]
        #expect(throws: InvalidHTTPCall.self) { try draft.call(idempotencyKey: "k") }
        let limits = HTTPCall.Limits(timeout: .seconds(1_000_000), maximumBodyBytes: .max)
        #expect(limits.timeout == HTTPCall.Limits.longestTimeout)
        #expect(limits.maximumBodyBytes == HTTPCall.Limits.largestBodyBytes)
        #expect(HTTPCall.Limits(timeout: .zero, maximumBodyBytes: -1).timeout == .milliseconds(1))
    }

    @Test func `a call that cannot be right is refused`() throws {
        var dots = try draft(.get, "http://h/files/{name}/x")
        dots.variables = ["name": ".."]
        #expect(throws: InvalidHTTPCall.self) { try dots.call(idempotencyKey: "k") }
        var content = try draft(.get, "http://h/")
        content.body = [:]
        #expect(throws: InvalidHTTPCall.self) { try content.call(idempotencyKey: "k") }
        var twice = try draft(.get, "http://h/")
        twice.headers = ["X": 1, "x": 2]
        #expect(throws: InvalidHTTPCall.self) { try twice.call(idempotencyKey: "k") }
        var who = try draft(.get, "http://h/")
        who.headers = ["authorization": "a"]
        who.authentication = .bearer(token: "b")
        #expect(throws: InvalidHTTPCall.self) { try who.call(idempotencyKey: "k") }
        var nested = try draft(.get, "http://h/")
        nested.query = ["a": ["b": 1]]
        #expect(throws: InvalidHTTPCall.self) { try nested.call(idempotencyKey: "k") }
    }

    @Test func `I9: nothing private is in what a call is shown as`() throws {
        var draft = try draft(.post, "http://h/a?key=hidden")
        draft.headers = ["X-Key": "hidden"]
        draft.authentication = .basic(username: "hidden", password: "hidden")
        draft.body = "hidden"
        let call = try draft.call(idempotencyKey: "k")
        #expect("\(call)" == "POST http://h/a")
        #expect(String(reflecting: call) == "POST http://h/a")
        #expect(String(reflecting: HTTPAuthentication.bearer(token: "hidden")) == "bearer")
    }
}
