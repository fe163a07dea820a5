import HoldpointCore
import JSON
import Testing

/// What a receiver gets, and how it knows from whom.
struct WebhookMessageTests {
    private let hasher = SHA256Hasher()

    private func message(_ data: String = #"{"title":"é","n":0.10}"#) throws -> WebhookMessage {
        let scope = Scope(tenant: try TenantName("acme"), project: try ProjectName("billing"))
        let session = SessionIdentity(
            scope: scope, key: SessionKey(Identifier128(high: 1, low: 0xABC)), id: try SessionID("order.7"))
        return WebhookMessage(
            session: session, sequence: 12, type: EventType("hitl_requested"),
            time: Timestamp(milliseconds: 1_763_683_200_123), data: Array(data.utf8))
    }

    /// RFC 4231 sections 4.2, 4.3 and 4.7: keys shorter and longer than a block.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0B, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func `the keyed code is that of the standard`(key: [UInt8], text: String, expected: String) {
        #expect(Hexadecimal.encode(hasher.hmacSHA256(Array(text.utf8), key: key).bytes) == expected)
    }

    /// The vector that the reference libraries of Standard Webhooks are tested with.
    @Test func `a signature is that of Standard Webhooks`() {
        let key: [UInt8] = [
            0x31, 0xF2, 0x90, 0xF6, 0xBF, 0x06, 0x29, 0x8A, 0xAB, 0x4F, 0x08, 0xD4, 0x3C, 0x3F, 0x08, 0x2C, 0xF6, 0x48,
            0xA3, 0x62, 0xDA, 0x2D, 0xA4, 0xB0,
        ]
        let secret = WebhookSecret(key)
        #expect(secret.text == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let header = WebhookSignature.header(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8),
            under: [secret], hasher: hasher)
        #expect(header == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func `I9: a secret is not shown by what is printed of it`() {
        let secret = WebhookSecret([UInt8](repeating: 7, count: 32))
        for text in ["\(secret)", String(reflecting: secret), "\(WebhookSecrets(secret))"] {
            #expect(!text.contains("BwcH") && !text.contains("7, 7"), "\(text)")
        }
    }

    @Test func `after a rotation both secrets sign, the new one first, until the grace is over`() throws {
        let (first, second, third) = (WebhookSecret([1]), WebhookSecret([2]), WebhookSecret([3]))
        let until = Timestamp(milliseconds: 1_000)
        let rotated = WebhookSecrets(first).rotated(to: second, until: until)
        #expect(rotated.valid(at: Timestamp(milliseconds: 999)) == [second, first])
        #expect(rotated.valid(at: until) == [second])
        #expect(rotated.rotated(to: third, until: until).valid(at: Timestamp(milliseconds: 0)) == [third, second])
        for secrets in [WebhookSecrets(first), rotated] { #expect(WebhookSecrets(encoded: secrets.encoded) == secrets) }
        for text in ["", "{}", "[1]", #"{"present":"0"}"#, #"{"present":1}"#] {
            #expect(WebhookSecrets(encoded: Array(text.utf8)) == nil)
        }
        let message = try message()
        let headers = try message.headers(
            at: Timestamp(milliseconds: 999), body: message.body, under: rotated, hasher: hasher)
        let signature = headers.first { $0.isNamed("webhook-signature") }?.value
        let each = [second, first].map { secret in
            WebhookSignature.header(
                id: message.id.description, seconds: 0, body: message.body, under: [secret], hasher: hasher)
        }
        #expect(signature == each.joined(separator: " "))
        #expect(headers.first { $0.isNamed("webhook-timestamp") }?.value == "0")
    }

    @Test func `the body is a CloudEvent whose data is the event as watchers see it`() throws {
        let body = try JSONParser.parse(try message().body)
        let id = "evt_00000000000000010000000000000abc_12"
        let expected: JSONValue = [
            "specversion": "1.0", "id": .string(id), "source": "urn:holdpoint:project:acme:billing",
            "type": "hitl_requested", "time": "2025-11-21T00:00:00.123Z", "timestamp": "2025-11-21T00:00:00.123Z",
            "subject": "order.7", "datacontenttype": "application/json",
            "data": [
                "seq": 12, "type": "hitl_requested", "time": "2025-11-21T00:00:00.123Z", "session": "order.7",
                "data": try JSONParser.parse(#"{"title":"é","n":0.10}"#),
            ],
        ]
        #expect(body == expected)
        #expect(body["id"]?.stringValue?.contains(".") == false, "the signature has a dot behind the id")
    }

    @Test func `the name of a delivery is read back, and nothing else is one`() throws {
        let id = try message().id
        #expect(DeliveryID(id.description) == id)
        let key = String(repeating: "a", count: 32)
        #expect(DeliveryID("evt_\(key)_9223372036854775807")?.sequence == .max)
        for text in [
            "", "evt", "evt__1", "evt_\(key)_0", "evt_\(key)_-1", "evt_\(key)_01", "evt_\(key)_1_", "ev_\(key)_1",
            "evt_\(key.uppercased())_1", "evt_\(key)a_1", "evt_\(key)_9223372036854775808", "evt_\(key)_+1",
        ] {
            #expect(DeliveryID(text) == nil, "\(text)")
        }
    }

    @Test func `a webhook is told of what becomes of requests, as far as watchers see it`() {
        for type in ["hitl_requested", "hitl_of_a_later_release", "tool_completed", "tool_failed"] {
            #expect(WebhookEvents.isTold(EventType(type), isOnFeed: true))
            #expect(!WebhookEvents.isTold(EventType(type), isOnFeed: false))
        }
        for type in ["session_started", "tool_proposed", "event_emitted", "hitl"] {
            #expect(!WebhookEvents.isTold(EventType(type), isOnFeed: true))
        }
        let requests: Set = ["hitl_requested", "hitl_responded", "hitl_expired", "hitl_cancelled"]
        #expect(requests.isSubset(of: WebhookEvents.names))
        #expect(WebhookEvents.names.count <= WebhookLimits.types)
    }
}
