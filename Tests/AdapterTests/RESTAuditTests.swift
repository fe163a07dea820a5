import EventLoop
import HTTPServer
import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON
import RESTAPI
import Testing

/// Receipts and audit logs over REST.
@Suite(.timeLimit(.minutes(1)))
struct RESTAuditTests {
    private static let request = RESTSamples.requestID(.permission)

    @Test func `a receipt is a document that can be checked`() async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(.get, "/requests/\(Self.request)/receipt")
        #expect(answer.status == 200)
        #expect(answer.headers["Cache-Control"] == "no-store")
        #expect(fixture.gateway.calls.last?.detail == Self.request.description)
        let key = fixture.gateway.signingKey.publicKey
        let check = ReceiptCheck(
            answer.json, key: key, verifier: SimulatedSigner(seed: 3), hasher: SimulatedHasher())
        #expect(check.faults == [])
        let wrong = await fixture.call(.get, "/requests/req_7/receipt")
        #expect(wrong.status == 404)
        #expect(wrong.code == "request_not_found")
    }

    @Test func `a receipt that is not there yet is 409, and one that is late is 503 with when to try again`()
        async throws
    {
        let fixture = try RESTFixture()
        fixture.gateway.change { $0.refusal = .rejected(Rejection(.notDecided, "the request is pending")) }
        let pending = await fixture.call(.get, "/requests/\(Self.request)/receipt")
        #expect(pending.status == 409)
        #expect(pending.code == "not_decided")
        fixture.gateway.change { $0.refusal = .unavailable("the decision is not audited yet", retryAfter: .seconds(1)) }
        let late = await fixture.call(.get, "/requests/\(Self.request)/receipt")
        #expect(late.status == 503)
        #expect(late.headers["Retry-After"] == "1")
    }

    @Test func `the audit log comes in pages, a row that is no JSON any more among them`() async throws {
        let fixture = try RESTFixture()
        fixture.gateway.change { $0.nextCursor = "2" }
        let page = await fixture.call(.get, "/audit?after=7&limit=3")
        #expect(page.status == 200)
        #expect(page.json["next_cursor"] == "2")
        #expect(fixture.gateway.calls.last?.detail == "after 7 limit 3")
        let items = try #require(page.json["items"]?.arrayValue)
        #expect(items.compactMap { ExportedAudit($0) }.map(\.row.number) == [1, 2])
        #expect(items[0]["entry"]?["type"] == "hitl_expired")
        #expect(items[1]["entry"] == .null)
        #expect(items[1]["entry_hex"] == "01")
        for query in ["after=-1", "after=x", "limit=0", "limit=1001", "cursor=1"] {
            #expect(await fixture.call(.get, "/audit?\(query)").status == 422, "\(query)")
        }
    }

    @Test(arguments: [
        ("application/jsonl", true), ("text/html, Application/JSONL;q=0.9", true), ("application/json", false),
        ("application/json, application/jsonl", false), ("*/*", false), ("application/jsonlines", false),
    ])
    func `rows come on lines for who asks for JSON Lines first`(accept: String, isLines: Bool) async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(.get, "/audit", headers: ["Accept": accept])
        #expect(answer.status == 200)
        #expect(answer.headers["Content-Type"] == (isLines ? "application/jsonl" : "application/json"))
        guard isLines else { return }
        let lines = answer.body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        #expect(lines.count == 3)
        #expect(lines[2].isEmpty)
        let rows = try lines.prefix(2).map { ExportedAudit(try JSONParser.parse(Array($0))) }
        #expect(rows.compactMap { $0?.row.number } == [1, 2])
    }

    @Test func `the signed end of the log and the key are told`() async throws {
        let fixture = try RESTFixture()
        let head = await fixture.call(.get, "/audit/head")
        let (scope, end) = try SignedAuditHead.read(
            head.json, key: fixture.gateway.signingKey.publicKey, verifier: SimulatedSigner(seed: 3),
            hasher: SimulatedHasher())
        #expect(scope == fixture.gateway.home)
        #expect(end == AuditHead(number: 1, hash: .zero))
        let key = await fixture.call(.get, "/v1/keys/signing", key: nil)
        #expect(key.status == 200)
        #expect(key.json["id"]?.stringValue == fixture.gateway.signingKey.id)
        #expect(key.json["public_key"]?.stringValue == fixture.gateway.signingKey.publicKey.description)
    }
}
