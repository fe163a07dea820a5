import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// What people do about a request beside answering it.
enum RequestActRoutes {
    private static let place = Route.projectPrefix + "/requests/{id}"

    static let all = [
        Route(
            .post, place + "/claim", [.respondAs],
            "Claims a request for a user: nobody else may answer it for a while.", body: .required, form: .claim,
            preferences: [.respondAsync], takesIdempotencyKey: true, replies: ReplyForm.command(.request),
            refusals: [409, 410], claim),
        Route(
            .post, place + "/release", [.respondAs], "Lets others answer a request again that a user has claimed.",
            body: .required, form: .speaker, preferences: [.respondAsync], takesIdempotencyKey: true,
            replies: ReplyForm.command(.request), refusals: [409, 410], release),
        Route(
            .post, place + "/delegate", [.respondAs], "Lets another user answer a request as well.",
            body: .required, form: .delegation, preferences: [.respondAsync], takesIdempotencyKey: true,
            replies: ReplyForm.command(.request), refusals: [409, 410], delegate),
        Route(
            .post, place + "/reopen", [.sessionsWrite, .respondAs],
            "Asks again what expired, was rejected or was withdrawn, as a new request.", body: .optional,
            form: .reopening, preferences: [.respondAsync], takesIdempotencyKey: true,
            replies: ReplyForm.command(.request), refusals: [409], reopen),
    ]

    private static func claim(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let act = try call.read { reader -> RequestAct? in
            let user = reader.requiredUser("as")
            let seconds = reader.optionalInt64("for", range: 1...PeopleLimits.claimSeconds, nullable: true)
            return user.map { .claim(by: $0, seconds: seconds ?? PeopleLimits.standardClaimSeconds) }
        }
        return try await give(act, call, kind: ClaimRequest.kind)
    }

    private static func release(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let act = try call.read { reader -> RequestAct? in reader.requiredUser("as").map { .release(by: $0) } }
        return try await give(act, call, kind: ReleaseRequest.kind)
    }

    private static func delegate(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let act = try call.read { reader -> RequestAct? in
            let user = reader.requiredUser("as")
            let other = reader.requiredUser("to")
            guard let user, let other else { return nil }
            return .delegate(by: user, to: other)
        }
        return try await give(act, call, kind: DelegateRequest.kind)
    }

    private static func reopen(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let user = try call.read { reader -> UserID?? in .some(reader.optionalUser("as")) }
        try call.requireScope(user == nil ? .sessionsWrite : .respondAs)
        return try await give(.reopen(by: user), call, kind: ReopenRequest.kind)
    }

    private static func give(_ act: RequestAct, _ call: Call, kind: String) async throws -> HTTPReply {
        let id = try call.requestID()
        let result = try await call.gateway.act(act, on: id, in: call.scope, options: call.options)
        return call.reply(to: result, kind: kind)
    }
}
