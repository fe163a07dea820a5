import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON
import RESTAPI
import Testing

/// What each route answers when all is well: status, headers, and exactly the documented members.
@Suite(.timeLimit(.minutes(1)))
struct RESTShapeTests {
    private static let session: Set<String> = [
        "id", "agent", "version", "status", "seq", "input", "output", "error", "open_requests", "labels",
        "on_behalf_of", "created_at", "updated_at",
    ]
    private static let requestCommon: Set<String> = [
        "id", "session", "type", "status", "title", "message", "arguments_digest", "context", "default",
        "response_schema", "opened_by", "created_at", "expires_at", "response", "responded_by", "responded_at",
        "comment", "approved_digest", "custom_schema",
    ]
    private static let requestOfType: [RequestType: Set<String>] = [
        .clarification: ["question", "options", "allow_custom"],
        .decision: ["question", "decision_type", "options", "max_selections"],
        .environment: ["tool", "fields", "allow_save"],
        .permission: ["tool", "arguments", "risk", "reasons", "allow_edit", "allow_remember"],
    ]
    private static let agent: Set<String> = [
        "name", "kind", "version", "definition", "input_schema", "labels", "created_at",
    ]
    private static let command: Set<String> = [
        "id", "kind", "session", "status", "outcome", "received_at", "attempts",
    ]
    private static let page: Set<String> = ["items", "next_cursor", "has_more"]
    private static let problem: Set<String> = ["type", "title", "status", "code", "detail", "request_id"]

    private static func request(_ type: RequestType) -> Set<String> { requestCommon.union(requestOfType[type] ?? []) }

    private func keys(_ value: JSONValue?) -> Set<String> { Set(value?.objectValue?.keys ?? []) }

    @Test func `a session has exactly its documented members`() async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(.get, "/sessions/s1")
        #expect(answer.status == 200)
        #expect(answer.headers["Content-Type"] == "application/json")
        #expect(answer.headers["Cache-Control"] == "no-store")
        #expect(keys(answer.json) == Self.session)
        #expect(answer.json["status"] == "waiting")
        #expect(answer.json["open_requests"]?.arrayValue?.count == 4)
        #expect(answer.json["created_at"] == "2023-11-14T22:13:20.000Z")
    }

    @Test(arguments: RequestType.allCases)
    func `a request has exactly its documented members`(type: RequestType) async throws {
        let fixture = try RESTFixture()
        let target = "/requests/\(RESTSamples.requestID(type))"
        let pending = await fixture.call(.get, target)
        #expect(keys(pending.json) == Self.request(type))
        #expect(pending.json["status"] == "pending")
        #expect(pending.json["response"] == .null)
        let answered = await fixture.call(.get, target, headers: ["Prefer": "wait=5"])
        #expect(keys(answered.json) == Self.request(type))
        #expect(answered.json["responded_by"] == "key:human")
        #expect(answered.json["comment"] == "go")
    }

    @Test func `agents are defined, read and listed`() async throws {
        let fixture = try RESTFixture()
        let put = await fixture.call(
            .put, "/agents/invoice", #"{"kind":"external","input_schema":{"type":"object"},"labels":{"a":"b"}}"#)
        #expect(put.status == 200)
        #expect(keys(put.json) == Self.agent)
        #expect(put.json["labels"] == ["a": "b"])
        let got = await fixture.call(.get, "/agents/invoice")
        #expect(keys(got.json) == Self.agent)
        #expect(got.json["version"] == 2)
        let list = await fixture.call(.get, "/agents?limit=3&cursor=aaa")
        #expect(keys(list.json) == Self.page)
        #expect(keys(list.json["items"]?.arrayValue?.first) == Self.agent)
        #expect(fixture.gateway.calls.last?.detail == "after aaa limit 3")
    }

    @Test(arguments: [#"{"do":[{"b":1},{"a":2.50}],"a":null}"#, #""do: [x]\n""#])
    func `a workflow's definition goes to the engine as it came, and comes back as it is stored`(
        definition: String
    ) async throws {
        let fixture = try RESTFixture()
        let put = await fixture.call(.put, "/agents/invoice", #"{"kind":"workflow","definition":\#(definition)}"#)
        let stored = try JSONParser.parse(definition)
        #expect(fixture.gateway.calls.last?.detail == "\(stored.text) -")
        #expect(put.json["kind"] == "workflow")
        #expect(put.json["definition"] == (stored.objectValue == nil ? ["text": stored] : stored))
        let external = await fixture.call(
            .put, "/agents/invoice", #"{"kind":"external","definition":null,"input_schema":null,"labels":null}"#)
        #expect(external.status == 200)
        #expect(fixture.gateway.calls.last?.detail == "- -")
    }

    @Test func `lists are pages, with a cursor where there is more`() async throws {
        let fixture = try RESTFixture()
        for (target, members) in [("/sessions", Self.session), ("/requests", Self.request(.permission))] {
            let last = await fixture.call(.get, target)
            #expect(keys(last.json) == Self.page)
            #expect(keys(last.json["items"]?.arrayValue?.first) == members)
            #expect(last.json["next_cursor"] == .null)
            #expect(last.json["has_more"] == false)
            #expect(fixture.gateway.calls.last?.detail.hasSuffix("limit 20") == true)
        }
        fixture.gateway.change { $0.nextCursor = "more" }
        let more = await fixture.call(
            .get, "/sessions?status=waiting&agent=invoice&cursor=abc&limit=100")
        #expect(more.json["next_cursor"] == "more")
        #expect(more.json["has_more"] == true)
        #expect(fixture.gateway.calls.last?.detail == "waiting invoice abc limit 100")
        _ = await fixture.call(.get, "/requests?status=pending&type=env_var&session=s1")
        #expect(fixture.gateway.calls.last?.detail == "pending env_var s1 limit 20")
    }

    @Test func `the log is a page of events as they are stored`() async throws {
        let fixture = try RESTFixture()
        fixture.gateway.change { $0.events = RESTSamples.events(5) }
        let answer = await fixture.call(.get, "/sessions/s1/events?after=2&limit=1000")
        #expect(keys(answer.json) == Self.page)
        let items = try #require(answer.json["items"]?.arrayValue)
        #expect(items.map { $0["seq"]?.int64Value } == [3, 4, 5])
        #expect(keys(items.first) == ["seq", "type", "time", "session", "data"])
        #expect(fixture.gateway.calls.last?.detail == "after 2 limit 1000")
    }

    @Test func `a start is 201 with its place, and 200 when it was started before`() async throws {
        let fixture = try RESTFixture()
        let body = #"{"agent":"invoice","input":{},"id":"s1","labels":{"a":"b"},"on_behalf_of":"ann"}"#
        fixture.gateway.change { $0.isNew = true }
        let started = await fixture.call(.post, "/sessions", body)
        #expect(started.status == 201)
        #expect(started.headers["Location"] == "/v1/projects/default/sessions/s1")
        #expect(keys(started.json) == Self.session)
        fixture.gateway.change { $0.isNew = false }
        let again = await fixture.call(.post, "/sessions", body)
        #expect(again.status == 200)
        #expect(again.headers["Location"] == nil)
    }

    @Test(arguments: [
        ("messages", #"{"text":"hello"}"#), ("messages", #"{"content":[1]}"#), ("steps", #"{"name":"a","data":{}}"#),
        ("complete", #"{"output":null}"#), ("fail", #"{"error":{"title":"no","status":500,"mine":[]}}"#),
        ("cancel", #"{"reason":"enough"}"#), ("cancel", nil), ("pause", nil), ("resume", "{}"),
    ])
    func `a command answers 200 with the session`(act: String, body: String?) async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(.post, "/sessions/s1/\(act)", body)
        #expect(answer.status == 200)
        #expect(keys(answer.json) == Self.session)
    }

    @Test(arguments: RequestType.allCases)
    func `opening a request is 201 with the request and its place`(type: RequestType) async throws {
        let fixture = try RESTFixture()
        fixture.gateway.change { $0.isNew = true }
        let answer = await fixture.call(.post, "/sessions/s1/requests", RESTSamples.body(type).text)
        #expect(answer.status == 201)
        #expect(answer.headers["Location"] == "/v1/projects/default/requests/\(RESTSamples.requestID(type))")
        #expect(keys(answer.json) == Self.request(type))
    }

    @Test func `an answer and a withdrawal answer 200 with the request`() async throws {
        let fixture = try RESTFixture()
        fixture.gateway.change { $0.isAnswered = true }
        let id = RESTSamples.requestID(.permission)
        for (target, body) in [
            ("/requests/\(id)/respond", #"{"response":{"action":"approve"},"comment":"go"}"#),
            ("/v1/agent/hitl/respond", #"{"request":"\#(id)","response":{"action":"approve"}}"#),
            ("/requests/\(id)/cancel", #"{"reason":"not needed"}"#),
        ] {
            let answer = await fixture.call(.post, target, body)
            #expect(answer.status == 200)
            #expect(keys(answer.json) == Self.request(.permission))
            #expect(answer.json["status"] == "answered")
        }
    }

    @Test func `I9: secret values come once asked for, uncached, with nothing stored`() async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(
            .post, "/requests/\(RESTSamples.requestID(.environment))/secret",
            headers: ["Idempotency-Key": "\"never heeded\""])
        #expect(answer.status == 200)
        #expect(answer.json == ["values": ["API_KEY": "s3cret"]])
        #expect(answer.headers["Cache-Control"] == "no-store")
        #expect(fixture.gateway.calls.last?.options == nil)
        #expect(fixture.gateway.calls.last?.detail == "key:full")
    }

    @Test func `what is stored first is 202 with a place, and shows its outcome there`() async throws {
        let fixture = try RESTFixture()
        fixture.gateway.change { $0.isStored = true }
        let stored = await fixture.call(
            .post, "/requests/\(RESTSamples.requestID(.permission))/respond", #"{"response":{"action":"approve"}}"#,
            headers: ["Prefer": "respond-async"])
        #expect(stored.status == 202)
        let place = "/v1/projects/default/commands/\(RESTSamples.commandID)"
        #expect(stored.headers["Location"] == place)
        #expect(stored.headers["Preference-Applied"] == "respond-async")
        #expect(keys(stored.json) == Self.command)
        #expect(stored.json["status"] == "pending")
        #expect(stored.json["kind"] == "answer")
        #expect(fixture.gateway.calls.last?.options?.respondAsync == true)
        let waiting = await fixture.call(.get, place)
        #expect(waiting.json["received_at"] == stored.json["received_at"])
        #expect(waiting.json["outcome"] == .null)
    }

    @Test func `I3: a stored command shows one outcome: applied, refused or dead`() async throws {
        let fixture = try RESTFixture()
        let place = "/commands/\(RESTSamples.commandID)"
        fixture.gateway.change { $0.outcome = .applied(.session(isNew: true)) }
        let applied = await fixture.call(.get, place)
        #expect(keys(applied.json) == Self.command)
        #expect(applied.json["status"] == "applied")
        #expect(applied.json["outcome"] == ["status": 201, "problem": nil])
        let violation = JSONViolation(pointer: JSONPointer.root.appending("action"), detail: "is required")
        fixture.gateway.change {
            $0.outcome = .refused(Rejection(.invalidAnswer, "does not fit", violations: [violation]))
        }
        let refused = await fixture.call(.get, place)
        #expect(refused.json["status"] == "refused")
        #expect(refused.json["outcome"]?["status"] == 422)
        #expect(refused.json["outcome"]?["problem"]?["errors"]?.arrayValue?.first?["pointer"] == "/response/action")
        #expect(keys(refused.json["outcome"]?["problem"]) == Self.problem.subtracting(["request_id"]).union(["errors"]))
        fixture.gateway.change { $0.outcome = .dead("failed five times") }
        let dead = await fixture.call(.get, place)
        #expect(dead.json["status"] == "dead")
        #expect(dead.json["outcome"]?["problem"]?["code"] == "command_dead")
    }

    @Test func `a problem has exactly its documented members`() async throws {
        let fixture = try RESTFixture()
        let missing = await fixture.call(.get, "/sessions/other")
        #expect(missing.headers["Content-Type"] == "application/problem+json")
        #expect(keys(missing.json) == Self.problem)
        #expect(missing.json["type"] == "urn:holdpoint:problem:session_not_found")
        #expect(missing.json["title"] == "Session not found")
        #expect(missing.json["request_id"]?.stringValue == missing.headers["X-Request-Id"])
        let invalid = await fixture.call(.post, "/sessions", "{}")
        #expect(keys(invalid.json) == Self.problem.union(["errors"]))
        #expect(keys(invalid.json["errors"]?.arrayValue?.first) == ["pointer", "detail"])
    }

    @Test func `health needs no key, readiness names the parts`() async throws {
        let fixture = try RESTFixture()
        let health = await fixture.call(.get, "/healthz", key: nil)
        #expect(health.status == 200)
        #expect(health.json == ["status": "ok"])
        let ready = await fixture.call(.get, "/readyz", key: nil)
        #expect(ready.status == 200)
        #expect(ready.json == ["status": "ready", "parts": ["engine": "ok"], "problems": []])
        fixture.gateway.change { $0.readiness = Readiness(parts: [("engine", "recovering")]) }
        let unready = await fixture.call(.get, "/readyz", key: nil)
        #expect(unready.status == 503)
        #expect(unready.headers["Retry-After"] == "1")
        #expect(
            unready.json == [
                "status": "unready", "parts": ["engine": "recovering"], "problems": ["engine: recovering"],
            ])
    }

    @Test func `what is worse than it should be is told, and commands are taken all the same`() async throws {
        let fixture = try RESTFixture()
        fixture.gateway.change {
            $0.readiness = Readiness(parts: [("engine", nil)], degradations: ["the streams are away"])
        }
        let degraded = await fixture.call(.get, "/readyz", key: nil)
        #expect(degraded.status == 200)
        #expect(
            degraded.json == [
                "status": "degraded", "parts": ["engine": "ok"], "problems": ["the streams are away"],
            ])
        fixture.gateway.change {
            $0.readiness = Readiness(parts: [("engine", nil), ("store", "away")], degradations: ["slow"])
        }
        let unready = await fixture.call(.get, "/readyz", key: nil)
        #expect(unready.status == 503)
        #expect(unready.json["problems"] == ["store: away", "slow"])
    }

    @Test func `every response has an id of its own`() async throws {
        let fixture = try RESTFixture()
        var seen: Set<String> = []
        for target in ["/sessions/s1", "/sessions/s1", "/nowhere", "/healthz", "/sessions/s1/stream"] {
            let id = try #require(await fixture.call(.get, target).headers["X-Request-Id"])
            #expect(seen.insert(id).inserted)
        }
    }
}
