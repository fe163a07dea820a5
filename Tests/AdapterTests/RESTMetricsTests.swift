import EventLoop
import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON
import RESTAPI
import Testing

/// What can be seen of the API from outside of it: counts, and a record of each request; nothing of what was in them.
@Suite(.timeLimit(.minutes(1)))
struct RESTMetricsTests {
    @Test func `the text form is OpenMetrics': types, suffixes, escapes and the end`() {
        let page = OpenMetricsText.page(of: [
            Metric(gauge: "some_gauge", "How \"much\"\nthere is.", 7),
            Metric(counter: "some_count", "What happened.", samples: []),
            Metric(
                counter: "other", "More.",
                samples: [Metric.Sample(1, [("route", #"/a/{b}\"#), ("status", "2xx")]), Metric.Sample(2)]),
        ])
        #expect(
            String(decoding: page, as: UTF8.self) == #"""
                # TYPE some_gauge gauge
                # HELP some_gauge How \"much\"\nthere is.
                some_gauge 7
                # TYPE some_count counter
                # HELP some_count What happened.
                # TYPE other counter
                # HELP other More.
                other_total{route="/a/{b}\\",status="2xx"} 1
                other_total 2
                # EOF

                """#)
    }

    @Test func `I5: replies are counted by route, and whatever is asked for makes no more labels`() async throws {
        var configuration = RESTConfiguration()
        configuration.rateLimit = RateLimit(requestsPerSecond: 1, burst: 200)
        let fixture = try RESTFixture(configuration: configuration)
        for number in 0..<50 {
            _ = await fixture.call(.get, "/sessions/s1?x\(number)=1")
            _ = await fixture.call(.get, "/sessions/unknown-\(number)")
            _ = await fixture.call(.get, "/nowhere/\(number)")
        }
        _ = await fixture.call(.head, "/healthz", key: nil)
        let text = String(decoding: OpenMetricsText.page(of: fixture.api.metrics), as: UTF8.self)
        let path = "/v1/projects/{project}/sessions/{id}"
        #expect(text.contains("holdpoint_replies_total{method=\"GET\",route=\"\(path)\",status=\"4xx\"} 100\n"))
        #expect(text.contains("holdpoint_replies_total{method=\"\",route=\"none\",status=\"4xx\"} 50\n"))
        #expect(text.contains("holdpoint_replies_total{method=\"GET\",route=\"/healthz\",status=\"2xx\"} 1\n"))
        #expect(text.contains("holdpoint_rate_limited_total 0\n"))
        #expect(text.contains("holdpoint_rate_limited_keys 1\n"))
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("holdpoint_replies_total") }.count == 3)
        for secret in ["acme", "default", "unknown", "s1", "full"] { #expect(!text.contains(secret)) }
    }

    @Test(arguments: [
        (HTTPMethod.get, "/metrics", 200), (.head, "/metrics?x=1", 200), (.post, "/metrics", 405), (.get, "/", 404),
        (.get, "/v1/projects/default/sessions", 404),
    ])
    func `the address of the metrics serves nothing else`(method: HTTPMethod, target: String, status: Int) async {
        let reply = await MetricsEndpoint.reply(to: HTTPRequest(method: method, target: target)) {
            [Metric(gauge: "a", "b", 1)]
        }
        guard case .response(let response) = reply else { return #expect(Bool(false), "a stream") }
        #expect(response.status == status)
        let type = status == 200 ? OpenMetricsText.mediaType : "application/problem+json"
        #expect(response.headers["Content-Type"] == type)
        if status == 200 { #expect(response.body.suffix(6) == Array("# EOF\n".utf8)[...]) }
    }

    @Test func `the main address knows no metrics`() async throws {
        let fixture = try RESTFixture()
        let reply = await fixture.api.reply(to: HTTPRequest(method: .get, target: "/metrics"))
        guard case .response(let response) = reply else { return #expect(Bool(false), "a stream") }
        #expect(response.status == 404)
    }

    @Test func `a record of each request says who, which route and how it ended, and nothing of what was in it`()
        async throws
    {
        let records = Locked<[AccessRecord]>([])
        var configuration = RESTConfiguration()
        configuration.observe = { record in records.withLock { $0.append(record) } }
        let fixture = try RESTFixture(configuration: configuration)
        let request = RESTSamples.requestID(.permission)
        let answered = await fixture.call(
            .post, "/requests/\(request)/respond", #"{"response":{"action":"approve"},"comment":"psst"}"#)
        _ = await fixture.call(.get, "/sessions/unknown?limit=1")
        _ = await fixture.call(.get, "/sessions", key: "hp_wrong_0123456789abcdef")
        _ = await fixture.call(.get, "/v1/projects/second/sessions")
        _ = await fixture.call(.get, "/psst/psst")
        _ = await fixture.call(.get, "/sessions/s1/stream")
        let found = records.withLock { $0 }
        let prefix = "/v1/projects/{project}"
        #expect(found.map(\.status) == [200, 422, 401, 404, 404, 200])
        #expect(
            found.map(\.route) == [
                "\(prefix)/requests/{id}/respond", "\(prefix)/sessions/{id}", "\(prefix)/sessions",
                "\(prefix)/sessions", nil, "\(prefix)/sessions/{id}/stream",
            ])
        #expect(found.map { $0.caller?.principal.text } == ["key:full", "key:full", nil, "key:full", nil, "key:full"])
        #expect(found.map(\.project) == ["default", "default", nil, nil, nil, "default"])
        #expect(found.first?.requestID == answered.headers["X-Request-Id"])
        #expect(found.allSatisfy { $0.duration > .zero })
        #expect(found.allSatisfy { !"\($0)".contains("psst") && !"\($0)".contains("unknown") })
    }

    @Test func `what the server refuses by itself is recorded under the id that its answer carries`() throws {
        let records = Locked<[AccessRecord]>([])
        var configuration = RESTConfiguration()
        configuration.observe = { record in records.withLock { $0.append(record) } }
        let api = try RESTFixture(configuration: configuration).api
        let response = api.refusal(431, "header_too_large", "The request's headers are larger than allowed.")
        let found = try #require(records.withLock { $0.first })
        #expect(found.status == 431 && response.status == 431)
        #expect(found.method == nil && found.route == nil && found.caller == nil)
        #expect(response.headers["X-Request-Id"] == found.requestID)
    }
}
