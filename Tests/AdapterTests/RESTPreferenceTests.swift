import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON
import RESTAPI
import Testing

/// `Prefer` and `Idempotency-Key`.
@Suite(.timeLimit(.minutes(1)))
struct RESTPreferenceTests {
    @Test(arguments: [
        ("wait=10", "waiting 10.0 seconds"), ("wait=0", "waiting 0.0 seconds"), ("wait=\"60\"", "waiting 60.0 seconds"),
        ("handling=lenient, wait=7; x=y", "waiting 7.0 seconds"), ("WAIT = 3", "waiting 3.0 seconds"),
    ])
    func `a wait is passed on and said to be applied`(prefer: String, detail: String) async throws {
        let fixture = try RESTFixture()
        for target in ["/sessions/s1", "/requests/\(RESTSamples.requestID(.permission))"] {
            let answer = await fixture.call(.get, target, headers: ["Prefer": prefer])
            #expect(answer.status == 200)
            #expect(answer.headers["Preference-Applied"]?.hasPrefix("wait=") == true)
            #expect(fixture.gateway.calls.last?.detail == detail)
        }
    }

    @Test(arguments: ["wait=61", "wait=-1", "wait=", "wait", "wait=1.5", "wait=1, wait=2", "wait=99999999999999999999"])
    func `a wait that cannot be is 422`(prefer: String) async throws {
        let answer = try await RESTFixture().call(.get, "/sessions/s1", headers: ["Prefer": prefer])
        #expect(answer.status == 422)
        #expect(answer.pointers == ["header:Prefer"])
    }

    @Test func `a preference that a route does not honour is ignored`() async throws {
        let fixture = try RESTFixture()
        let listed = await fixture.call(.get, "/sessions", headers: ["Prefer": "wait=999, respond-async"])
        #expect(listed.status == 200)
        #expect(listed.headers["Preference-Applied"] == nil)
        let got = await fixture.call(.get, "/sessions/s1", headers: ["Prefer": "respond-async, return=minimal"])
        #expect(got.headers["Preference-Applied"] == nil)
    }

    @Test func `what is stored without being asked to says so, and applies no preference`() async throws {
        let fixture = try RESTFixture()
        fixture.gateway.change { $0.isStored = true }
        let answer = await fixture.call(.post, "/sessions/s1/cancel")
        #expect(answer.status == 202)
        #expect(answer.headers["Preference-Applied"] == nil)
        #expect(answer.json["kind"] == "cancel")
        #expect(fixture.gateway.calls.last?.options?.respondAsync == false)
    }

    @Test(arguments: [
        ("abc", "abc"), ("\"abc\"", "abc"), ("\"a\\\"b\\\\c\"", "a\"b\\c"),
        (String(repeating: "k", count: 255), String(repeating: "k", count: 255)),
    ])
    func `an idempotency key goes with its route and its body`(header: String, key: String) async throws {
        let fixture = try RESTFixture()
        let body = #"{"name":"a","data":1}"#
        _ = await fixture.call(.post, "/sessions/s1/steps", body, headers: ["Idempotency-Key": header])
        let options = try #require(fixture.gateway.calls.last?.options)
        #expect(options.idempotencyKey == "POST /v1/projects/default/sessions/s1/steps \(key)")
        #expect(options.body == Array(body.utf8))
        #expect(options.principal == .key("full"))
    }

    @Test(arguments: ["", "\"\"", "\"abc", "a b", "\"a b\"", "\"a\\b\"", "\u{E9}", String(repeating: "k", count: 256)])
    func `a key that cannot be is 422`(header: String) async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(.post, "/sessions/s1/cancel", headers: ["Idempotency-Key": header])
        #expect(answer.status == 422)
        #expect(answer.pointers == ["header:Idempotency-Key"])
        #expect(fixture.gateway.calls.isEmpty)
    }

    @Test func `two keys at once are 422`() async throws {
        let answer = try await RESTFixture().call(
            .post, "/sessions/s1/cancel", headers: ["Idempotency-Key": "a", "idempotency-key": "b"])
        #expect(answer.status == 422)
    }

    @Test func `a replay is marked and has the status of the first reply`() async throws {
        let fixture = try RESTFixture()
        fixture.gateway.change {
            $0.isNew = true
            $0.isReplay = true
        }
        let answer = await fixture.call(
            .post, "/sessions", #"{"agent":"invoice","input":1}"#, headers: ["Idempotency-Key": "k"])
        #expect(answer.status == 201)
        #expect(answer.headers["Idempotency-Replayed"] == "true")
        fixture.gateway.change { $0.isReplay = false }
        let first = await fixture.call(.post, "/sessions", #"{"agent":"invoice","input":1}"#)
        #expect(first.headers["Idempotency-Replayed"] == nil)
        #expect(fixture.gateway.calls.last?.options?.idempotencyKey == nil)
    }

    @Test func `every POST of a project heeds a key, but those that change nothing, and those of its webhook`() {
        for route in Route.all where route.method == .post && !route.isAdministrative {
            let isReading = ["/secret", "/policy/evaluate"].contains { route.template.hasSuffix($0) }
            let ignoresKey = isReading || route.template.contains("/webhook/")
            #expect(route.takesIdempotencyKey == !ignoresKey, "\(route.template)")
        }
    }
}
