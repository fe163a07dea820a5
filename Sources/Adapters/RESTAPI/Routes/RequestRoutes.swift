import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// The inbox: questions to humans, and their answers.
enum RequestRoutes {
    static let all = [
        Route(
            .get, Route.projectPrefix + "/requests", [.sessionsRead], "The project's requests, newest first.",
            query: [.requestStatus, .requestType, .session, .cursor, .listLimit], replies: [.ok(.requestPage)], list),
        Route(
            .get, Route.projectPrefix + "/requests/{id}", [.sessionsRead], "A request and what became of it.",
            preferences: [.wait], replies: [.waited(.request)], get),
        Route(
            .post, Route.projectPrefix + "/requests/{id}/respond", [.requestsRespond, .respondAs],
            "Answers a request, for the key itself or for a user.",
            body: .required, form: .answer, preferences: [.respondAsync], takesIdempotencyKey: true,
            violationBase: Route.responseBase, replies: ReplyForm.command(.request), refusals: [409, 410], respond),
        Route(
            .post, Route.projectPrefix + "/requests/{id}/cancel", [.sessionsWrite], "Withdraws a request.",
            body: .optional, form: .reason, preferences: [.respondAsync], takesIdempotencyKey: true,
            replies: ReplyForm.command(.request), refusals: [409, 410], withdraw),
        Route(
            .post, Route.projectPrefix + "/requests/{id}/secret", [.secrets],
            "The secret values of an answer, for the key that opened the request.", body: .optional, form: .nothing,
            replies: [.ok(.secretValues)], secret),
        Route(
            .post, "/v1/agent/hitl/respond", [.requestsRespond, .respondAs],
            "Answers a request of the key's own project, named in the body.", body: .required, form: .namedAnswer,
            preferences: [.respondAsync], takesIdempotencyKey: true, violationBase: Route.responseBase,
            replies: ReplyForm.command(.request), refusals: [404, 409, 410], respondByBody),
    ]

    private static func list(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let status = try call.choice("status", of: RequestStatus.self)
        let type = try call.choice("type", of: RequestType.self)
        let session = try call.sessionID("session")
        let limit = try call.listLimit()
        let page = try await call.gateway.requests(
            status: status, type: type, session: session, cursor: call.query["cursor"], limit: limit, in: call.scope)
        return .page(page) { $0.write(into: &$1) }
    }

    private static func get(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let id = try call.requestID()
        let view =
            if let seconds = call.preferences.waitSeconds {
                try await call.gateway.request(id, in: call.scope, waiting: .seconds(seconds))
            } else {
                try await call.gateway.request(id, in: call.scope)
            }
        return .json(headers: call.waitApplied) { view.write(into: &$0) }
    }

    private static func respond(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let id = try call.requestID()
        let answer = try call.read { readAnswer(from: &$0) }
        return try await give(answer, to: id, call)
    }

    private static func respondByBody(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let (text, answer) = try call.read { reader -> (String, RawAnswer)? in
            let text = reader.requiredString("request")
            let answer = readAnswer(from: &reader)
            guard let text, let answer else { return nil }
            return (text, answer)
        }
        guard let id = RequestID(text) else {
            throw Problem.notFound(.requestNotFound, "there is no such request")
        }
        return try await give(answer, to: id, call)
    }

    static func readAnswer(from reader: inout JSONObjectReader) -> RawAnswer? {
        let response = reader.requiredObject("response")
        let comment = reader.words("comment")
        let user = reader.optionalUser("as")
        return response.map { RawAnswer(response: .object($0), comment: comment, user: user) }
    }

    private static func give(_ answer: RawAnswer, to id: RequestID, _ call: Call) async throws -> HTTPReply {
        try call.requireScope(answer.user == nil ? .requestsRespond : .respondAs)
        let result = try await call.gateway.answer(answer, to: id, in: call.scope, options: call.options)
        return call.reply(to: result, kind: AnswerRequest.kind)
    }

    private static func withdraw(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let id = try call.requestID()
        let reason = try call.read { reader -> String?? in .some(reader.words("reason")) }
        let result = try await call.gateway.withdraw(id, reason: reason, in: call.scope, options: call.options)
        return call.reply(to: result, kind: WithdrawRequest.kind)
    }

    private static func secret(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let id = try call.requestID()
        _ = try call.read { _ in true }
        let values = try await call.gateway.secrets(of: id, in: call.scope, caller: call.caller.principal)
        return .json { writer in
            writer.beginObject()
            writer.key("values")
            writer.beginObject()
            for (name, value) in values { writer.member(named: name, value) }
            writer.endObject()
            writer.endObject()
        }
    }
}
