import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// What is asked of a session that has started.
enum SessionCommandRoutes {
    static let all = [
        route("messages", .sessionsWrite, "Talks to a session.", body: .required, form: .message, message),
        route("steps", .sessionsWrite, "Records a step of an external agent.", body: .required, form: .step, step),
        route(
            "requests", .sessionsWrite, "Puts a question to a human.", body: .required, form: .requestDraft,
            answers: .request, openRequest),
        route(
            "complete", .sessionsWrite, "Ends a session with its output.", body: .required, form: .completion,
            complete),
        route(
            "fail", .sessionsWrite, "Ends a session with a problem document.", body: .required, form: .failure, fail),
        route("cancel", .sessionsWrite, "Ends a session from outside.", cancel),
        route("pause", .operate, "Stops the program; answers append and deadlines run.", pause),
        route("resume", .operate, "Lets a paused or quarantined session go on.", resume),
    ]

    private static func route(
        _ act: String, _ scope: KeyScope, _ summary: String, body: BodyRule = .optional, form: Component = .reason,
        answers component: Component = .session, _ handle: @escaping Route.Handling
    ) -> Route {
        Route(
            .post, Route.projectPrefix + "/sessions/{id}/" + act, [scope], summary, body: body, form: form,
            preferences: [.respondAsync], takesIdempotencyKey: true, replies: ReplyForm.command(component),
            refusals: [409], handle)
    }

    private static func perform(_ act: SessionAct, kind: String, _ call: Call) async throws -> HTTPReply {
        let id = try call.sessionID()
        let result = try await call.gateway.command(act, to: id, in: call.scope, options: call.options)
        return call.reply(to: result, kind: kind)
    }

    private static func message(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let content = try call.read { reader -> JSONValue? in
            let text = reader.optionalString("text").map { JSONValue.string($0) }
            let content = reader.optionalValue("content")
            if (text == nil) == (content == nil) { reader.fail("content", "either content or text must be given") }
            return content ?? text
        }
        return try await perform(.message(content), kind: ReceiveMessage.kind, call)
    }

    private static func step(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let act = try call.read { reader -> SessionAct? in
            let name = reader.requiredString("name", maximumLength: RequestLimits.nameLength)
            let data = reader.requiredValue("data")
            if name?.isEmpty == true { reader.fail("name", "must not be empty") }
            guard let name, let data else { return nil }
            return .step(name: name, data: data)
        }
        return try await perform(act, kind: RecordStep.kind, call)
    }

    private static func openRequest(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        // An unknown session is told before what is wrong with the question.
        _ = try call.sessionID()
        do {
            let draft = try RequestDraft(call.body)
            return try await perform(.openRequest(draft), kind: OpenRequest.kind, call)
        } catch let error as InvalidAnswer {
            throw Problem.invalid(error.violations)
        }
    }

    private static func complete(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let output = try call.read { $0.requiredValue("output") }
        return try await perform(.complete(output: output), kind: CompleteSession.kind, call)
    }

    private static func fail(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let error = try call.read { reader -> JSONValue? in
            guard let error = reader.requiredValue("error") else { return nil }
            checkProblem(error, in: &reader)
            return error
        }
        return try await perform(.fail(error: error), kind: FailSession.kind, call)
    }

    /// The members that RFC 9457 names must have its types; any others are the caller's own.
    private static func checkProblem(_ error: JSONValue, in reader: inout JSONObjectReader) {
        guard error.objectValue != nil else {
            reader.fail("error", "must be a problem document: an object")
            return
        }
        let place = reader.pointer(to: "error")
        for key in ["type", "title", "detail", "instance"] {
            if let value = error[key], value.stringValue == nil {
                reader.add([JSONViolation(pointer: place.appending(key), detail: "must be a string")])
            }
        }
        if let status = error["status"], status.int64Value == nil {
            reader.add([JSONViolation(pointer: place.appending("status"), detail: "must be a whole number")])
        }
    }

    private static func cancel(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        try await perform(.cancel(reason: reason(of: call)), kind: CancelSession.kind, call)
    }

    private static func pause(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        try await perform(.pause(reason: reason(of: call)), kind: PauseSession.kind, call)
    }

    private static func resume(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        try await perform(.resume(reason: reason(of: call)), kind: ResumeSession.kind, call)
    }

    private static func reason(of call: Call) throws(Problem) -> String? {
        try call.read { reader -> String?? in .some(reader.words("reason")) }
    }
}
