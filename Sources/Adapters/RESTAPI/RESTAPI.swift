package import HTTPServer
package import HoldpointPorts

/// The REST API, version 1: from HTTP requests to calls of the gateway and back.
///
/// It checks who calls and what for, reads bodies strictly, and turns refusals into problem documents (RFC 9457). What
/// the routes do is in the gateway; which routes there are is in `Route.all`.
package struct RESTAPI: Sendable {
    let edge: Edge
    private let table = RouteTable(Route.all)
    private let counters = ReplyCounters(Route.all)

    /// Makes the API in front of a gateway.
    package init(gateway: any SessionGateway, configuration: RESTConfiguration = RESTConfiguration()) {
        edge = Edge(gateway: gateway, configuration: configuration)
    }

    /// The API as the handler of an HTTP server; its streams are fed through a sink of their own.
    package static func handler(
        gateway: any SessionGateway, configuration: RESTConfiguration = RESTConfiguration()
    ) -> HTTPHandler {
        RESTAPI(gateway: gateway, configuration: configuration).handler
    }

    /// This API as the handler of an HTTP server.
    package var handler: HTTPHandler {
        { request, exchange, _ in await reply(to: request, from: RESTClient(exchange)) }
    }

    /// Makes the problem documents for what an HTTP server refuses by itself, and tells of them as of other replies.
    package var refusal: HTTPServerConfiguration.Refusal { Self.refusal(telling: edge.configuration.observe) }

    /// Makes the problem documents for what an HTTP server refuses by itself.
    package static func refusal(
        telling observe: (@Sendable (AccessRecord) -> Void)? = nil
    ) -> HTTPServerConfiguration.Refusal {
        { status, code, detail in
            var record = AccessRecord(requestID: RequestIdentifiers.shared.next(), method: nil)
            record.status = status
            observe?(record)
            var response = Problem(status: status, code: code, detail: detail).response(requestID: record.requestID)
            response.headers["X-Request-Id"] = record.requestID
            return response
        }
    }

    /// What the API has counted.
    package var metrics: [Metric] {
        [
            counters.metric,
            Metric(
                counter: "holdpoint_rate_limited", "Requests that were refused because of their key's quota.",
                edge.limiter?.refused ?? 0),
            Metric(gauge: "holdpoint_rate_limited_keys", "Keys whose quota is kept.", edge.limiter?.keys ?? 0),
        ]
    }

    /// Answers one request; whatever goes wrong becomes a problem document.
    package func reply(to request: HTTPRequest, from client: RESTClient = RESTClient()) async -> HTTPReply {
        let observe = edge.configuration.observe
        var visit = Visit(request, isTimed: observe != nil)
        let found = table.match(request)
        visit.record.route = found.route?.template
        let reply: HTTPReply
        do {
            reply = try await answer(request, found, client, noting: &visit)
        } catch let problem as Problem {
            reply = .response(problem.response(requestID: visit.record.requestID))
        } catch let error as GatewayError {
            let problem = Problem(error, under: found.route?.violationBase)
            reply = .response(problem.response(requestID: visit.record.requestID))
        } catch {
            // Nothing else is thrown by what the routes call; the error's own words might repeat input.
            reply = .response(Problem.unexpected.response(requestID: visit.record.requestID))
        }
        visit.end(status: reply.status)
        counters.count(found.number, status: reply.status)
        observe?(visit.record)
        return stamped(reply, visit, request)
    }

    private func answer(
        _ request: HTTPRequest, _ match: RouteTable.Match, _ client: RESTClient, noting visit: inout Visit,
        on loop: isolated (any Actor)? = #isolation
    ) async throws -> HTTPReply {
        switch match {
        case .malformed:
            throw Problem(status: 400, code: "malformed_target", detail: "the path is not well percent-encoded")
        case .noRoute:
            throw Problem(status: 404, code: "route_not_found", detail: "there is no such route")
        case .otherMethods(let allowed):
            if let preflight = edge.configuration.allowedOrigins.preflight(request, methods: allowed) {
                return preflight
            }
            var problem = Problem(
                status: 405, code: "method_not_allowed", detail: "this route takes \(allowed)")
            problem.headers["Allow"] = allowed
            throw problem
        case .route(let route, _, let parameters):
            switch route.handler {
            case .anyone(let handle):
                _ = try QueryReader.items(of: request, allowed: route.query)
                return await handle(edge, loop)
            case .keyHolder(let handle):
                let call = try await edge.call(request, route, parameters, client, noting: &visit)
                return try await handle(call, loop)
            case .administrator(let handle):
                return try await handle(try await edge.adminCall(request, route, parameters, noting: &visit), loop)
            }
        }
    }

    /// The reply with what all replies carry: the request's id, the key's quota, and who may read it in a browser.
    private func stamped(_ reply: HTTPReply, _ visit: Visit, _ request: HTTPRequest) -> HTTPReply {
        let origins = edge.configuration.allowedOrigins
        return reply.with { headers in
            headers.add(ReplyHeader.requestID.rawValue, visit.record.requestID)
            if let quota = visit.quota, let limiter = edge.limiter { headers.add(limiter.headers(quota)) }
            if !origins.isEmpty { headers.add(origins.headers(for: request)) }
        }
    }
}

extension HTTPReply {
    /// The status that the client will see.
    fileprivate var status: Int {
        switch self {
        case .response(let response): response.status
        case .eventStream: 200
        }
    }

    /// The same reply with its headers changed.
    fileprivate func with(_ change: (inout HTTPHeaders) -> Void) -> HTTPReply {
        switch self {
        case .response(var response):
            change(&response.headers)
            return .response(response)
        case .eventStream(var headers, let open):
            change(&headers)
            return .eventStream(headers: headers, open: open)
        }
    }
}

extension HTTPHeaders {
    /// Appends all of these.
    fileprivate mutating func add(_ others: HTTPHeaders) {
        for field in others.fields { add(field.name, field.value) }
    }
}
