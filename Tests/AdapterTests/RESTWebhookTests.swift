import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON
import RESTAPI
import Testing

/// A project's webhook over REST: its secret is told when it is made, and never again.
@Suite(.timeLimit(.minutes(1)))
struct RESTWebhookTests {
    private static let secret = "whsec_" + String(repeating: "A", count: 43) + "="
    private static let plain: JSONValue = [
        "url": "https://example.org/hook", "types": .null, "enabled": true, "disabled_reason": .null,
        "previous_secret_valid_until": .null, "created_at": "1970-01-01T00:00:00.000Z",
        "updated_at": "1970-01-01T00:00:00.000Z",
    ]

    @Test func `I9: the secret comes with the answer that makes it, uncached, and with no other`() async throws {
        let fixture = try RESTFixture()
        fixture.gateway.change { $0.isNew = true }
        let made = await fixture.call(.put, "/webhook", #"{"url":"https://example.org/hook"}"#)
        #expect(made.status == 201)
        #expect(made.json["secret"] == .string(Self.secret))
        #expect(made.headers["Cache-Control"] == "no-store")
        fixture.gateway.change { $0.isNew = false }
        let changed = await fixture.call(.put, "/webhook", #"{"url":"https://example.org/hook"}"#)
        #expect(changed.status == 200)
        #expect(changed.json == Self.plain)
        let shown = await fixture.call(.get, "/webhook")
        #expect(shown.status == 200)
        #expect(shown.json == Self.plain)
        #expect(!(changed.text + shown.text).contains("whsec_"))
        let rotated = await fixture.call(.post, "/webhook/rotate")
        #expect(rotated.status == 200)
        #expect(rotated.json["secret"] == .string(Self.secret))
    }

    @Test func `what is put reaches the engine as it was meant`() async throws {
        let fixture = try RESTFixture()
        for (body, detail) in [
            (#"{"url":"http://a/"}"#, "http://a/ - true"),
            (#"{"url":"http://a/","types":null,"enabled":false}"#, "http://a/ - false"),
            (#"{"url":"x","types":["hitl_requested","hitl_expired"]}"#, "x hitl_requested,hitl_expired true"),
        ] {
            _ = await fixture.call(.put, "/webhook", body)
            #expect(fixture.gateway.calls.last?.detail == detail)
        }
        for (body, seconds) in [("{}", "86400"), (#"{"grace_seconds":0}"#, "0"), (#"{"grace_seconds":null}"#, "86400")]
        {
            _ = await fixture.call(.post, "/webhook/rotate", body)
            #expect(fixture.gateway.calls.last?.detail == seconds)
        }
    }

    @Test(arguments: [
        ("{}", ["/url"]), (#"{"url":5}"#, ["/url"]), (#"{"url":"http://a/","types":[]}"#, ["/types"]),
        (#"{"url":"http://a/","types":"hitl_requested"}"#, ["/types"]),
        (#"{"url":"http://a/","types":["hitl_requested",7]}"#, ["/types/1"]),
        (#"{"url":"http://a/","enabled":"no"}"#, ["/enabled"]), (#"{"url":"http://a/","secret":"x"}"#, ["/secret"]),
        (#"{"url":"http://a/","types":[\#(String(repeating: #""a","#, count: 64))"a"]}"#, ["/types"]),
    ])
    func `what does not fit is refused with a pointer, before anything is asked`(
        body: String, pointers: [String]
    ) async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(.put, "/webhook", body)
        #expect(answer.status == 422)
        #expect(answer.pointers == pointers)
        #expect(fixture.gateway.calls.isEmpty)
    }

    @Test func `the grace of a rotation has its bounds`() async throws {
        let fixture = try RESTFixture()
        for body in [#"{"grace_seconds":-1}"#, #"{"grace_seconds":2592001}"#, #"{"grace_seconds":"1"}"#] {
            #expect(await fixture.call(.post, "/webhook/rotate", body).pointers == ["/grace_seconds"])
        }
        #expect(fixture.gateway.calls.isEmpty)
    }

    @Test func `deliveries are listed by status, in pages, and asked for again by id`() async throws {
        let fixture = try RESTFixture()
        let document: JSONValue = [
            "id": .string(RESTSamples.deliveryID.description), "session": "s1", "seq": 2, "type": "hitl_requested",
            "status": "pending", "attempts": 1, "last_status": 503, "last_error": "the receiver answered 503",
            "created_at": "1970-01-01T00:00:00.000Z", "last_attempt_at": "1970-01-01T00:00:00.000Z",
            "next_attempt_at": "1970-01-01T00:00:05.000Z",
        ]
        fixture.gateway.change { $0.nextCursor = "5" }
        let list = await fixture.call(.get, "/webhook/deliveries?status=failed&cursor=9&limit=3")
        #expect(list.json["items"] == [document])
        #expect(list.json["next_cursor"] == "5")
        #expect(fixture.gateway.calls.last?.detail == "failed after 9 limit 3")
        #expect(await fixture.call(.get, "/webhook/deliveries?status=lost").pointers == ["query:status"])
        let again = await fixture.call(.post, "/webhook/deliveries/\(RESTSamples.deliveryID)/redeliver")
        #expect(again.status == 200)
        #expect(again.json == document)
    }

    @Test(arguments: [
        "x", "evt_1_2", "evt_\(String(repeating: "0", count: 32))_1", "evt_\(String(repeating: "A", count: 32))_1",
    ])
    func `a delivery that is not there, or cannot be, is 404`(id: String) async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(.post, "/webhook/deliveries/\(id)/redeliver")
        #expect(answer.status == 404)
        #expect(answer.code == "delivery_not_found")
    }

    @Test func `the webhook is deleted with 204, and where there is none everything is 404`() async throws {
        let fixture = try RESTFixture()
        #expect(await fixture.call(.delete, "/webhook").status == 204)
        let tenant = Caller(
            principal: .key("t"), tenant: fixture.gateway.home.tenant, project: nil, scopes: [.operate])
        let elsewhere = try RESTFixture(keys: ["hp_t_0123456789abcdef": tenant])
        elsewhere.gateway.change { $0.refusal = .rejected(Rejection(.webhookNotFound, "the project has no webhook")) }
        for (method, path) in [
            (HTTPMethod.get, "/webhook"), (.post, "/webhook/rotate"), (.delete, "/webhook"),
            (.get, "/webhook/deliveries"),
        ] {
            let answer = await elsewhere.call(method, path, key: "hp_t_0123456789abcdef")
            #expect(answer.status == 404)
            #expect(answer.code == "webhook_not_found")
        }
    }
}
