import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON
import RESTAPI
import Testing

/// Bad input and refusals: the right status, a stable code, a pointer, and nothing asked of the gateway.
@Suite(.timeLimit(.minutes(1)))
struct RESTRefusalTests {
    /// A body, where it is sent, and what it is answered with.
    struct Body: Sendable {
        let target: String
        let text: String
        let status: Int
        let code: String
        let pointers: [String]

        init(_ target: String, _ text: String, _ status: Int, _ code: String) {
            self.target = target
            self.text = text
            self.status = status
            self.code = code
            pointers = []
        }

        init(_ target: String, _ text: String, _ pointers: [String]) {
            self.target = target
            self.text = text
            status = 422
            code = "invalid_input"
            self.pointers = pointers
        }
    }

    private static let bodies: [Body] = [
        Body("/sessions", "", 400, "body_required"),
        Body("/sessions", "{", 400, "malformed_json"),
        Body("/sessions", "{\"agent\":\"a\",\"agent\":\"b\"}", 400, "malformed_json"),
        Body("/sessions", String(repeating: "[", count: 65), 400, "malformed_json"),
        Body("/sessions", "[]", [""]),
        Body("/sessions", "{}", ["/agent", "/input"]),
        Body("/sessions", #"{"agent":7,"input":1}"#, ["/agent"]),
        Body("/sessions", #"{"agent":"a b","input":1}"#, ["/agent"]),
        Body("/sessions", #"{"agent":"invoice","input":1,"id":"a/b"}"#, ["/id"]),
        Body("/sessions", #"{"agent":"invoice","input":1,"labels":{"a":1}}"#, ["/labels/a"]),
        Body("/sessions", #"{"agent":"invoice","input":1,"x~y/z":1}"#, ["/x~0y~1z"]),
        Body("/sessions/s1/messages", "{}", ["/content"]),
        Body("/sessions/s1/messages", #"{"text":"a","content":1}"#, ["/content"]),
        Body("/sessions/s1/messages", #"{"text":1}"#, ["/text", "/content"]),
        Body("/sessions/s1/steps", #"{"data":1}"#, ["/name"]),
        Body("/sessions/s1/steps", #"{"name":"","data":1}"#, ["/name"]),
        Body("/sessions/s1/complete", #"{"result":1}"#, ["/output", "/result"]),
        Body("/sessions/s1/fail", #"{"error":"no"}"#, ["/error"]),
        Body("/sessions/s1/fail", #"{"error":{"title":1,"status":"x"}}"#, ["/error/title", "/error/status"]),
        Body("/sessions/s1/cancel", #"{"reason":1}"#, ["/reason"]),
        Body("/sessions/s1/requests", #"{"type":"bet","title":"t"}"#, ["/type"]),
        Body("/sessions/s1/requests", #"{"type":"decision","title":"t"}"#, ["/options"]),
        Body("/sessions/s1/requests", #"{"type":"decision","title":"t","options":[{"label":"x"}]}"#, ["/options/0/id"]),
    ]

    @Test(arguments: bodies)
    func `a body that does not fit is refused with a pointer`(body: Body) async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(.post, body.target, body.text)
        #expect(answer.status == body.status)
        #expect(answer.code == body.code)
        #expect(answer.pointers == body.pointers)
        #expect(fixture.gateway.calls.isEmpty)
    }

    @Test func `an answer must be an object under response`() async throws {
        let fixture = try RESTFixture()
        let id = RESTSamples.requestID(.permission)
        for (body, pointers) in [
            ("{}", ["/response"]), (#"{"response":"yes"}"#, ["/response"]),
            (#"{"response":{},"responses":1}"#, ["/responses"]), (#"{"response":{},"comment":1}"#, ["/comment"]),
        ] {
            let answer = await fixture.call(.post, "/requests/\(id)/respond", body)
            #expect(answer.status == 422)
            #expect(answer.pointers == pointers)
        }
        let unnamed = await fixture.call(.post, "/v1/agent/hitl/respond", #"{"response":{}}"#)
        #expect(unnamed.pointers == ["/request"])
        let unknown = await fixture.call(.post, "/v1/agent/hitl/respond", #"{"request":"x","response":{}}"#)
        #expect(unknown.status == 404)
        #expect(fixture.gateway.calls.isEmpty)
    }

    @Test func `an agent must be of a kind that there is, and a definition an object or a text`() async throws {
        let fixture = try RESTFixture()
        for (body, pointers) in [
            ("{}", ["/kind"]), (#"{"kind":"magic"}"#, ["/kind"]),
            (#"{"kind":"workflow","definition":[]}"#, ["/definition"]),
            (#"{"kind":"workflow","definition":7}"#, ["/definition"]),
        ] {
            let answer = await fixture.call(.put, "/agents/invoice", body)
            #expect(answer.status == 422)
            #expect(answer.pointers == pointers)
        }
        #expect(await fixture.call(.put, "/agents/in%20voice", #"{"kind":"external"}"#).status == 404)
    }

    @Test func `malformed JSON tells where`() async throws {
        let answer = try await RESTFixture().call(.post, "/sessions", "{\"agent\":\n tru}")
        let detail = try #require(answer.json["detail"]?.stringValue)
        #expect(detail.contains("line 2, column 5, at /agent"), "\(detail)")
        #expect(detail.hasSuffix("(byte 14)"), "\(detail)")
    }

    @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
    func `a body of another type is 415`(type: String) async throws {
        let answer = try await RESTFixture().call(
            .post, "/sessions", #"{"agent":"invoice","input":1}"#, headers: ["Content-Type": type])
        #expect(answer.status == 415)
        #expect(answer.code == "unsupported_media_type")
    }

    @Test func `the type may have parameters and any case`() async throws {
        let answer = try await RESTFixture().call(
            .post, "/sessions", #"{"agent":"invoice","input":1}"#,
            headers: ["Content-Type": "Application/JSON ; charset=utf-8"])
        #expect(answer.status == 200)
    }

    @Test func `a body where none belongs is 400, one over the limit 413`() async throws {
        var configuration = RESTConfiguration()
        configuration.maximumBodyBytes = 64
        let fixture = try RESTFixture(configuration: configuration)
        #expect(await fixture.call(.get, "/sessions", "{}").code == "body_not_allowed")
        let long = await fixture.call(.post, "/sessions", #"{"agent":"\#(String(repeating: "a", count: 64))"}"#)
        #expect(long.status == 413)
        #expect(long.code == "body_too_large")
    }

    private static let queries: [(String, [String]?)] = [
        ("/sessions?colour=red", ["query:colour"]), ("/sessions?limit=1&limit=2", ["query:limit"]),
        ("/sessions?limit=0", ["query:limit"]), ("/sessions?limit=101", ["query:limit"]),
        ("/sessions?limit=+5", ["query:limit"]), ("/sessions?limit=", ["query:limit"]),
        ("/sessions?status=asleep", ["query:status"]), ("/sessions?agent=a%20b", ["query:agent"]),
        ("/requests?type=bet", ["query:type"]), ("/requests?status=open", ["query:status"]),
        ("/requests?session=a%2Fb", ["query:session"]), ("/requests/req_x?a&b", nil),
        ("/sessions/s1/events?limit=1001", ["query:limit"]), ("/sessions/s1/events?after=-1", ["query:after"]),
        ("/sessions/s1/events?after=9223372036854775808", ["query:after"]),
        ("/sessions/s1?after=1", ["query:after"]), ("/stream?types=hitl_requested,", ["query:types"]),
        ("/stream?types=hitl_requestet", ["query:types"]), ("/stream?types=step_completed", nil),
        ("/stream?after=x", ["query:after"]), ("/sessions/s1/stream?after=1-2", ["query:after"]),
        ("/healthz?verbose=1", ["query:verbose"]),
    ]

    @Test(arguments: queries)
    func `a query that does not fit is 422 and names the parameter`(target: String, pointers: [String]?) async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(.get, target)
        #expect(answer.status == 422)
        if let pointers { #expect(answer.pointers == pointers) }
        #expect(fixture.gateway.calls.isEmpty)
    }

    @Test func `a bad cursor is 422`() async throws {
        let answer = try await RESTFixture().call(.get, "/agents?cursor=a%20b")
        #expect(answer.status == 422)
        #expect(answer.code == "cursor_invalid")
    }

    @Test(arguments: ["/sessions/%zz", "/sessions/%", "/sessions/%00", "/sessions?limit=%f", "/agents/%ff"])
    func `a badly encoded target is 400`(target: String) async throws {
        #expect(try await RESTFixture().call(.get, target).code == "malformed_target")
    }

    private static let missing: [(String, String)] = [
        ("/sessions/a%2Fb", "session_not_found"), ("/sessions/a%20b/events", "session_not_found"),
        ("/requests/1", "request_not_found"), ("/requests/req_00", "request_not_found"),
        ("/commands/cmd_00", "command_not_found"), ("/agents/other", "agent_not_found"),
        ("/sessions/other/stream", "session_not_found"), ("/nothing", "route_not_found"),
        ("/sessions/", "route_not_found"), ("/sessions/s1/fork", "route_not_found"), ("/metrics", "route_not_found"),
        ("/v1/agent/chat", "route_not_found"), ("/v1", "route_not_found"), ("/v1/projects", "route_not_found"),
        ("/openapi.json/", "route_not_found"),
    ]

    @Test(arguments: missing)
    func `what is not here is 404`(target: String, code: String) async throws {
        let answer = try await RESTFixture().call(.get, target)
        #expect(answer.status == 404)
        #expect(answer.code == code)
    }

    private static let methods: [(HTTPMethod, String, String)] = [
        (HTTPMethod.delete, "/sessions/s1", "GET, HEAD"), (.put, "/sessions", "POST, GET, HEAD"),
        (.options, "/sessions", "POST, GET, HEAD"), (.patch, "/agents/invoice", "PUT, GET, HEAD"),
        (.head, "/sessions/s1/stream", "GET"), (.get, "/sessions/s1/cancel", "POST"),
        (.post, "/healthz", "GET, HEAD"), (.options, "/sessions/s1/cancel", "POST"),
    ]

    @Test(arguments: methods)
    func `another method is 405 and says which there are`(
        method: HTTPMethod, target: String, allowed: String
    ) async throws {
        let answer = try await RESTFixture().call(method, target)
        #expect(answer.status == 405)
        #expect(answer.headers["Allow"] == allowed)
    }

    @Test func `HEAD finds what GET does`() async throws {
        let answer = try await RESTFixture().call(.head, "/sessions/s1")
        #expect(answer.status == 200)
    }

    @Test(arguments: RejectionCode.allCases)
    func `every refusal of the engine has its status and its code`(code: RejectionCode) async throws {
        let fixture = try RESTFixture()
        fixture.gateway.change { $0.refusal = .rejected(Rejection(code, "for a reason")) }
        let answer = await fixture.call(
            .post, "/requests/\(RESTSamples.requestID(.permission))/respond", #"{"response":{}}"#)
        let expected =
            switch code.category {
            case .notFound: 404
            case .forbidden: 403
            case .conflict: 409
            case .gone: 410
            case .tooLarge: 413
            case .invalid: 422
            case .failed: 500
            }
        #expect(answer.status == expected)
        #expect(answer.code == code.rawValue)
        #expect(answer.json["detail"] == "for a reason")
    }

    @Test func `a second answer is told the winner`() async throws {
        let fixture = try RESTFixture()
        let winner: JSONValue = ["responded_by": "key:ann", "responded_at": "2023-11-14T22:13:20.000Z"]
        fixture.gateway.change { $0.refusal = .rejected(Rejection(.alreadyAnswered, "too late", winner: winner)) }
        let answer = await fixture.call(
            .post, "/requests/\(RESTSamples.requestID(.permission))/respond", #"{"response":{}}"#)
        #expect(answer.status == 409)
        #expect(answer.json["winner"] == winner)
    }

    @Test func `pointers into an answer are placed under response`() async throws {
        let fixture = try RESTFixture()
        let violation = JSONViolation(pointer: JSONPointer.root.appending("values").appending("A/B"), detail: "bad")
        fixture.gateway.change {
            $0.refusal = .rejected(Rejection(.invalidAnswer, "does not fit", violations: [violation]))
        }
        let id = RESTSamples.requestID(.environment)
        for (target, body) in [
            ("/requests/\(id)/respond", #"{"response":{}}"#),
            ("/v1/agent/hitl/respond", #"{"request":"\#(id)","response":{}}"#),
        ] {
            #expect(await fixture.call(.post, target, body).pointers == ["/response/values/A~1B"])
        }
        let cancelled = await fixture.call(.post, "/requests/\(id)/cancel")
        #expect(cancelled.pointers == ["/values/A~1B"])
    }

    @Test func `what cannot be done now is 503 with a time to come back`() async throws {
        let fixture = try RESTFixture()
        for (wait, seconds) in [(Duration.milliseconds(1_500), "2"), (.zero, "1"), (.seconds(60), "60")] {
            fixture.gateway.change { $0.refusal = .unavailable("the store is away", retryAfter: wait) }
            let answer = await fixture.call(.get, "/sessions/s1")
            #expect(answer.status == 503)
            #expect(answer.code == "unavailable")
            #expect(answer.headers["Retry-After"] == seconds)
        }
    }
}
