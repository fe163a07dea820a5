import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// The nodes that share a store.
enum NodeRoutes {
    static let all = [
        Route(
            administration: .get, "/v1/admin/nodes",
            "The nodes that share the store, by name, those that have died among them; the operator's key only.",
            replies: [.ok(.nodePage)], nodes)
    ]

    private static func nodes(_ call: AdminCall, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        guard call.administrator.tenant == nil else { throw Problem.operatorRequired }
        let nodes = try await call.gateway.nodes()
        return .page(Page(items: nodes, nextCursor: nil)) { node, writer in
            writer.beginObject()
            writer.member("name", node.name.text)
            writer.member("started_at", .some(node.startedAt))
            writer.member("renewed_at", node.renewedAt)
            writer.member("live", node.isLive)
            writer.member("shards", Int64(node.shards))
            writer.member("release", node.release)
            writer.member("formats", node.formats.map { JSONValue.integer($0) })
            writer.endObject()
        }
    }
}
