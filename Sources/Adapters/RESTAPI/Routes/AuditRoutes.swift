import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// What proves what was decided: receipts, and the project's audit log.
enum AuditRoutes {
    static let all = [
        Route(
            .get, Route.projectPrefix + "/requests/{id}/receipt", [.sessionsRead],
            "The signed receipt of what was decided about a request.", replies: [.ok(.receipt)], refusals: [409],
            receipt),
        Route(
            .get, Route.projectPrefix + "/audit", [.operate], "A page of the project's audit log.",
            query: [.afterRow, .eventLimit], replies: [.lines(.auditPage)], log),
        Route(
            .get, Route.projectPrefix + "/audit/head", [.operate], "Where the project's audit log ends now, signed.",
            replies: [.ok(.auditHead)], head),
        Route(
            open: "/v1/keys/signing", "The public key with which receipts are signed.", replies: [.ok(.signingKey)],
            key),
    ]

    private static func receipt(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let receipt = try await call.gateway.receipt(of: try call.requestID(), in: call.scope)
        return .json { receipt.write(into: &$0) }
    }

    private static func log(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let after = try call.number("after", in: 0...Int64.max) ?? 0
        let limit = try call.eventLimit()
        let page = try await call.gateway.auditLog(in: call.scope, after: after, limit: limit)
        return call.wantsLines ? .lines(page) { $0.write(into: &$1) } : .page(page) { $0.write(into: &$1) }
    }

    private static func head(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let head = try await call.gateway.auditHead(in: call.scope)
        return .json { head.write(into: &$0) }
    }

    private static func key(_ edge: Edge, on loop: isolated (any Actor)?) async -> HTTPReply {
        let key = edge.gateway.signingKey
        return .json { writer in
            writer.beginObject()
            writer.member("id", key.id)
            writer.member("algorithm", PublicKey.algorithm)
            writer.member("public_key", key.publicKey.description)
            writer.endObject()
        }
    }
}

extension Call {
    /// Whether the caller asks for JSON Lines (RFC 9110, section 12.5.1; of several types the first that is known).
    fileprivate var wantsLines: Bool {
        for range in request.headers.values("Accept").flatMap({ $0.split(separator: ",") }) {
            let type = range.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
            if type == "application/jsonl" { return true }
            if type == "application/json" || type == "*/*" { return false }
        }
        return false
    }
}
