package import HTTPServer

/// Answers `GET /metrics`, and nothing else.
///
/// It asks for no key: it is made for a server of its own, on an address that only those reach who may read it.
package enum MetricsEndpoint {
    /// The handler of that server; `collect` is called for each request that may read.
    package static func handler(_ collect: @escaping @Sendable () async -> [Metric]) -> HTTPHandler {
        { request, _, _ in await reply(to: request, collect) }
    }

    /// Answers one request.
    package static func reply(
        to request: HTTPRequest, _ collect: @Sendable () async -> [Metric]
    ) async -> HTTPReply {
        guard request.path == "/metrics" else {
            return refusal(Problem(status: 404, code: "route_not_found", detail: "there is only /metrics here"))
        }
        guard request.method == .get || request.method == .head else {
            var problem = Problem(status: 405, code: "method_not_allowed", detail: "this route takes GET, HEAD")
            problem.headers["Allow"] = "GET, HEAD"
            return refusal(problem)
        }
        return .response(
            HTTPResponse(
                status: 200, headers: ["Content-Type": OpenMetricsText.mediaType, "Cache-Control": "no-store"],
                body: OpenMetricsText.page(of: await collect())))
    }

    private static func refusal(_ problem: Problem) -> HTTPReply {
        .response(problem.response(requestID: RequestIdentifiers.shared.next()))
    }
}

extension HTTPServerStatistics {
    /// The counts as metrics.
    package var metrics: [Metric] {
        [
            Metric(gauge: "holdpoint_http_connections", "Connections that are open.", connections),
            Metric(gauge: "holdpoint_http_streams", "Event streams that are open.", streams),
            Metric(
                gauge: "holdpoint_http_requests_in_flight", "Requests that are being answered.", requestsInFlight),
            Metric(counter: "holdpoint_http_requests", "Requests that reached the API.", requests),
            Metric(counter: "holdpoint_http_refused", "Requests that were refused before they reached it.", refused),
            Metric(counter: "holdpoint_http_slow_streams", "Streams that were cut as too slow.", cutAsSlow),
            Metric(counter: "holdpoint_http_timed_out", "Connections that missed a deadline.", timedOut),
            Metric(counter: "holdpoint_http_left", "Clients that left before their reply.", leftWhilePending),
        ]
    }
}
