package import HTTPServer
package import HoldpointPorts

/// The REST API, version 1: from HTTP requests to calls of the gateway and back.
///
/// It checks who calls and what for, reads bodies strictly, and turns refusals into problem documents (RFC 9457). What
/// the routes do is in the gateway; which routes there are is in `Route.all`.
package struct RESTAPI: Sendable {
    let edge: Edge
    private let table = RouteTable(Route.all)

    /// Makes the API in front of a gateway.
    package init(gateway: any SessionGateway, configuration: RESTConfiguration = RESTConfiguration()) {
        edge = Edge(gateway: gateway, configuration: configuration)
    }

    /// The API as the handler of an HTTP server; its streams are fed through a sink of their own.
    package static func handler(
        gateway: any SessionGateway, configuration: RESTConfiguration = RESTConfiguration()
    ) -> HTTPHandler {
        let api = RESTAPI(gateway: gateway, configuration: configuration)
        return { request, exchange, _ in
            await api.reply(to: request, from: RESTClient(exchange))
        }
    }

    /// Makes the problem documents for what an HTTP server refuses by itself.
    package static let refusal: HTTPServerConfiguration.Refusal = { status, code, detail in
        let requestID = RequestIdentifiers.shared.next()
        var response = Problem(status: status, code: code, detail: detail).response(requestID: requestID)
        response.headers["X-Request-Id"] = requestID
        return response
    }

    /// Answers one request; whatever goes wrong becomes a problem document.
    package func reply(to request: HTTPRequest, from client: RESTClient = RESTClient()) async -> HTTPReply {
        let requestID = RequestIdentifiers.shared.next()
        let found = table.match(request)
        do {
            return try await answer(request, found, client).stamped(requestID)
        } catch let problem as Problem {
            return HTTPReply.response(problem.response(requestID: requestID)).stamped(requestID)
        } catch let error as GatewayError {
            let problem = Problem(error, under: found.route?.violationBase)
            return HTTPReply.response(problem.response(requestID: requestID)).stamped(requestID)
        } catch {
            // Nothing else is thrown by what the routes call; the error's own words might repeat input.
            let problem = Problem(status: 500, code: "internal_error", detail: "the request could not be handled")
            return HTTPReply.response(problem.response(requestID: requestID)).stamped(requestID)
        }
    }

    private func answer(
        _ request: HTTPRequest, _ match: RouteTable.Match, _ client: RESTClient,
        on loop: isolated (any Actor)? = #isolation
    ) async throws -> HTTPReply {
        switch match {
        case .malformed:
            throw Problem(status: 400, code: "malformed_target", detail: "the path is not well percent-encoded")
        case .noRoute:
            throw Problem(status: 404, code: "route_not_found", detail: "there is no such route")
        case .otherMethods(let allowed):
            var problem = Problem(
                status: 405, code: "method_not_allowed", detail: "this route takes \(allowed)")
            problem.headers["Allow"] = allowed
            throw problem
        case .route(let route, let parameters):
            switch route.handler {
            case .anyone(let handle):
                _ = try QueryReader.items(of: request, allowed: route.query)
                return await handle(edge, loop)
            case .keyHolder(let handle):
                let call = try await edge.call(request, route, parameters, client)
                return try await handle(call, loop)
            }
        }
    }
}

extension HTTPReply {
    /// The same reply with the request's id among its headers.
    fileprivate func stamped(_ requestID: String) -> HTTPReply {
        switch self {
        case .response(var response):
            response.headers.add("X-Request-Id", requestID)
            return .response(response)
        case .eventStream(var headers, let open):
            headers.add("X-Request-Id", requestID)
            return .eventStream(headers: headers, open: open)
        }
    }
}
