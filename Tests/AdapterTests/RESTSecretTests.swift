import EventLoop
import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON
import RESTAPI
import Testing

/// A project's secrets over REST: they go in, and nothing of a value comes out.
@Suite(.timeLimit(.minutes(1)))
struct RESTSecretTests {
    private static let plain = "s3cr3t-token-nobody-may-see"

    @Test(arguments: [#""\#(plain)""#, #"{"username":"ann","password":"\#(plain)"}"#])
    func `I9: a secret that is put is answered with its name and time`(value: String) async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(.put, "/secrets/BILLING_TOKEN", #"{"value":\#(value)}"#)
        #expect(answer.status == 200)
        #expect(answer.json == ["name": "BILLING_TOKEN", "updated_at": "1970-01-01T00:00:00.000Z"])
        #expect(answer.headers["Cache-Control"] == "no-store")
        #expect(fixture.gateway.calls.last?.detail == "BILLING_TOKEN \(value)")
        #expect(fixture.gateway.calls.last?.options == nil)
    }

    @Test func `the list has names and times, in pages, and there is no route for a value`() async throws {
        let fixture = try RESTFixture()
        fixture.gateway.change { $0.nextCursor = "invoice" }
        let list = await fixture.call(.get, "/secrets?limit=3&cursor=a")
        #expect(list.json["items"] == [["name": "invoice", "updated_at": "1970-01-01T00:00:00.000Z"]])
        #expect(list.json["next_cursor"] == "invoice")
        #expect(fixture.gateway.calls.last?.detail == "after a limit 3")
        let wrong = await fixture.call(.get, "/secrets?cursor=a-b")
        #expect(wrong.code == "cursor_invalid")
        let got = await fixture.call(.get, "/secrets/invoice")
        #expect(got.status == 405)
        #expect(got.headers["Allow"] == "PUT, DELETE")
    }

    @Test func `a secret is deleted with 204, one that is not there is 404`() async throws {
        let fixture = try RESTFixture()
        let deleted = await fixture.call(.delete, "/secrets/invoice")
        #expect(deleted.status == 204)
        #expect(deleted.body.isEmpty)
        for name in ["other", "a-b", "9", String(repeating: "x", count: 64)] {
            let missing = await fixture.call(.delete, "/secrets/\(name)")
            #expect(missing.status == 404)
            #expect(missing.code == "secret_not_found")
        }
        #expect(fixture.gateway.calls.map(\.name) == ["deleteSecret", "deleteSecret"])
    }

    @Test(arguments: ["a-b", "9a", "a.b", "%C3%A9", "a%20b", "a%2Fb", String(repeating: "x", count: 64)])
    func `a name that no document could write is refused`(name: String) async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(.put, "/secrets/\(name)", #"{"value":"x"}"#)
        #expect(answer.status == 422)
        #expect(answer.pointers == ["path:name"])
        #expect(fixture.gateway.calls.isEmpty)
    }

    @Test(arguments: [
        ("{}", 422, ["/value"]), (#"{"value":""}"#, 422, ["/value"]), (#"{"value":{}}"#, 422, ["/value"]),
        (#"{"value":null}"#, 422, ["/value"]), (#"{"value":["\#(plain)"]}"#, 422, ["/value"]),
        (#"{"value":7}"#, 422, ["/value"]), (#"{"value":"x","note":"\#(plain)"}"#, 422, ["/note"]),
        (#"["\#(plain)"]"#, 422, [""]), (#""\#(plain)""#, 422, [""]), (#"{"value":"\#(plain)"#, 400, []),
        (#"{"value":"\#(plain)","value":1}"#, 400, []), (#"{"value":\#(plain)}"#, 400, []),
        (#"{"value":"\#(plain)"} x"#, 400, []), ("", 400, []),
    ])
    func `I9: what does not fit is told without the value, and stores nothing`(
        body: String, status: Int, pointers: [String]
    ) async throws {
        let records = Locked<[AccessRecord]>([])
        var configuration = RESTConfiguration()
        configuration.observe = { record in records.withLock { $0.append(record) } }
        let fixture = try RESTFixture(configuration: configuration)
        let answer = await fixture.call(.put, "/secrets/TOKEN", body)
        #expect(answer.status == status)
        #expect(answer.pointers == pointers)
        #expect(!answer.text.contains(Self.plain))
        #expect(fixture.gateway.calls.isEmpty)
        #expect(records.withLock { $0 }.allSatisfy { !"\($0)".contains(Self.plain) && !"\($0)".contains("TOKEN") })
    }

    @Test func `a value has at most 16,384 bytes as JSON`() async throws {
        let fixture = try RESTFixture()
        let most = String(repeating: "x", count: 16_382)
        #expect(await fixture.call(.put, "/secrets/A", #"{"value":"\#(most)"}"#).status == 200)
        for value in ["\"\(most)x\"", #"{"token":"\#(most)"}"#] {
            let answer = await fixture.call(.put, "/secrets/A", #"{"value":\#(value)}"#)
            #expect(answer.status == 422)
            #expect(answer.pointers == ["/value"])
        }
        #expect(fixture.gateway.calls.count == 1)
    }

    @Test func `one too many is 409 and says how many there may be`() async throws {
        let fixture = try RESTFixture()
        fixture.gateway.change { $0.isStored = true }
        let answer = await fixture.call(.put, "/secrets/A", #"{"value":"\#(Self.plain)"}"#)
        #expect(answer.status == 409)
        #expect(answer.code == "too_many_secrets")
        #expect(answer.json["detail"]?.stringValue?.contains("256") == true)
        #expect(!answer.text.contains(Self.plain))
    }

    @Test func `an Idempotency-Key is ignored: nothing of a secret is kept to be told again`() async throws {
        let fixture = try RESTFixture()
        for _ in 0..<2 {
            let answer = await fixture.call(
                .put, "/secrets/A", #"{"value":"x"}"#, headers: ["Idempotency-Key": "\"once\""])
            #expect(answer.status == 200)
            #expect(answer.headers["Idempotency-Replayed"] == nil)
        }
        #expect(fixture.gateway.calls.count == 2)
        #expect(fixture.gateway.calls.allSatisfy { $0.options == nil })
    }

    @Test func `who may fetch secret answers may not put a project's secrets`() async throws {
        let home = Scope(tenant: try TenantName("acme"), project: try ProjectName("default"))
        let key = "hp_agent_0123456789abcdef"
        let caller = Caller(
            principal: .key("agent"), tenant: home.tenant, project: home.project,
            scopes: [.secrets, .sessionsRead, .sessionsWrite])
        let fixture = try RESTFixture(keys: [key: caller])
        for (method, target, body) in [
            (HTTPMethod.put, "/secrets/A", #"{"value":"x"}"#), (.delete, "/secrets/invoice", nil),
            (.get, "/secrets", nil),
        ] {
            let answer = await fixture.call(method, target, body, key: key)
            #expect(answer.status == 403)
            #expect(answer.code == "scope_missing")
        }
        #expect(fixture.gateway.calls.isEmpty)
    }
}
