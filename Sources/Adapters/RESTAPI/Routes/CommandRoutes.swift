import HTTPServer
import HoldpointCore
import HoldpointPorts

/// Commands that were stored first: what became of a 202.
enum CommandRoutes {
    static let all = [
        Route(
            .get, Route.projectPrefix + "/commands/{id}", [.operate, .sessionsRead, .sessionsWrite, .requestsRespond],
            "A stored command and its outcome.", replies: [.ok(.command)], get)
    ]

    private static func get(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        guard let id = StoredCommandID(call.parameter("id")) else {
            throw Problem.notFound(.commandNotFound, "there is no such command")
        }
        let view = try await call.gateway.storedCommand(id, in: call.scope)
        let document = CommandDocument(
            id: view.command.id, kind: view.command.kind, session: view.command.session.id,
            receivedAt: view.command.receivedAt, attempts: view.command.attempts, outcome: view.outcome,
            isAnswer: view.command.isAnswer)
        return .json { document.write(into: &$0) }
    }
}
