import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// What watches the process: no key, no project.
enum OperationRoutes {
    static let all = [
        Route(open: "/healthz", "Whether the process answers.", replies: [.ok(.health)], health),
        Route(
            open: "/readyz", "Whether commands are taken now.", replies: [.ok(.readiness), .unready], readiness),
        Route(
            open: "/openapi.json", "This description, in the form of OpenAPI 3.1.", replies: [.ok(.anyObject)],
            description),
    ]

    private static func health(_ edge: Edge, on loop: isolated (any Actor)?) async -> HTTPReply {
        .json { writer in
            writer.beginObject()
            writer.member("status", "ok")
            writer.endObject()
        }
    }

    private static func description(_ edge: Edge, on loop: isolated (any Actor)?) async -> HTTPReply {
        .json { $0.raw(OpenAPIDocument.bytes) }
    }

    private static func readiness(_ edge: Edge, on loop: isolated (any Actor)?) async -> HTTPReply {
        let readiness = await edge.gateway.readiness()
        return .json(readiness.isReady ? 200 : 503, headers: readiness.isReady ? [:] : ["Retry-After": "1"]) { writer in
            writer.beginObject()
            writer.member("status", readiness.status.rawValue)
            writer.key("parts")
            writer.beginObject()
            for (name, problem) in readiness.parts { writer.member(named: name, problem ?? "ok") }
            writer.endObject()
            writer.member("problems", .some(.array(readiness.problems.map { .string($0) })))
            writer.endObject()
        }
    }
}

/// Whether commands are taken, in one word.
enum ReadinessStatus: String, Sendable, CaseIterable {
    /// They are, and all is well.
    case ready
    /// They are, and something is slower or staler than it should be.
    case degraded
    /// They are not.
    case unready
}

extension Readiness {
    fileprivate var status: ReadinessStatus { !isReady ? .unready : degradations.isEmpty ? .ready : .degraded }

    /// Everything that is wrong, the worst first.
    fileprivate var problems: [String] {
        parts.compactMap { part in part.problem.map { "\(part.name): \($0)" } } + degradations
    }
}
