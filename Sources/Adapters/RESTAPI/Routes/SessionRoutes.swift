import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// Starting sessions and reading them.
enum SessionRoutes {
    static let all = [
        Route(
            .post, Route.projectPrefix + "/sessions", [.sessionsWrite],
            "Starts a session; the same id again is the same session.", body: .required, form: .sessionStart,
            preferences: [.respondAsync], takesIdempotencyKey: true, replies: ReplyForm.command(.session),
            refusals: [409], start),
        Route(
            .get, Route.projectPrefix + "/sessions", [.sessionsRead], "The project's sessions, newest first.",
            query: [.sessionStatus, .agent, .cursor, .listLimit], replies: [.ok(.sessionPage)], list),
        Route(
            .get, Route.projectPrefix + "/sessions/{id}", [.sessionsRead], "A session as it stands.",
            preferences: [.wait], replies: [.waited(.session)], get),
        Route(
            .get, Route.projectPrefix + "/sessions/{id}/events", [.sessionsRead], "A page of a session's log.",
            query: [.afterSequence, .eventLimit], replies: [.ok(.eventPage)], events),
    ]

    private static func start(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let start = try call.read { reader -> SessionStart? in
            let id = reader.optionalSessionID("id")
            let agent = reader.agentName("agent")
            let input = reader.requiredValue("input")
            let labels = reader.labels("labels")
            let onBehalfOf = reader.optionalString(
                "on_behalf_of", maximumLength: RequestLimits.nameLength, nullable: true)
            guard let agent, let input else { return nil }
            return SessionStart(id: id, agent: agent, input: input, labels: labels, onBehalfOf: onBehalfOf)
        }
        let result = try await call.gateway.start(start, in: call.scope, options: call.options)
        return call.reply(to: result, kind: StartSession.kind)
    }

    private static func list(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let status = try call.choice("status", of: SessionStatus.self)
        let agent = try call.agentName("agent")
        let limit = try call.listLimit()
        let page = try await call.gateway.sessions(
            status: status, agent: agent, cursor: call.query["cursor"], limit: limit, in: call.scope)
        return .page(page) { $0.write(into: &$1) }
    }

    private static func get(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let id = try call.sessionID()
        let view =
            if let seconds = call.preferences.waitSeconds {
                try await call.gateway.session(id, in: call.scope, waiting: .seconds(seconds))
            } else {
                try await call.gateway.session(id, in: call.scope)
            }
        return .json(headers: call.waitApplied) { view.write(into: &$0) }
    }

    private static func events(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let id = try call.sessionID()
        let after = try call.number("after", in: 0...Int64.max) ?? 0
        let limit = try call.eventLimit()
        let page = try await call.gateway.events(of: id, in: call.scope, after: after, limit: limit)
        return .page(page) { $1.raw($0.json) }
    }
}
