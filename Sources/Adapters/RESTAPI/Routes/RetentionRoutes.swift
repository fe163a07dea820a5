import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// What becomes of a project's sessions some time after they ended.
enum RetentionRoutes {
    private static let place = "/v1/admin/tenants/{tenant}/projects/{project}/retention"

    static let all = [
        Route(
            administration: .get, place, "How long a project's sessions are kept after they ended.",
            replies: [.ok(.retention)], get),
        Route(
            administration: .put, place,
            "Sets after how many days sessions that ended are deleted, or archived and then deleted.",
            body: .required, form: .retentionDefinition, replies: [.ok(.retention)], put),
        Route(
            administration: .delete, place, "Keeps a project's sessions for ever, as if nothing had been set.",
            replies: [.done], delete),
    ]

    private static func get(_ call: AdminCall, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        guard let setting = try await call.gateway.retention(of: try call.requiredScope()) else {
            throw Problem.projectNotFound
        }
        return .json { write(setting.policy, into: &$0) }
    }

    private static func put(_ call: AdminCall, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let scope = try call.requiredScope()
        let policy = try call.read { reader -> RetentionPolicy? in
            let days = reader.requiredInt64("finished_after_days", range: 1...RetentionLimits.days)
            guard let name = reader.requiredString("mode") else { return nil }
            guard let mode = RetentionPolicy.Mode(rawValue: name) else {
                let modes = RetentionPolicy.Mode.allCases.map(\.rawValue).joined(separator: ", ")
                reader.fail("mode", "must be one of \(modes)")
                return nil
            }
            return days.flatMap { RetentionPolicy(finishedAfterDays: $0, mode: mode) }
        }
        guard try await call.gateway.setRetention(policy, of: scope) else { throw Problem.projectNotFound }
        return .json { write(policy, into: &$0) }
    }

    private static func delete(_ call: AdminCall, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        guard try await call.gateway.setRetention(nil, of: try call.requiredScope()) else {
            throw Problem.projectNotFound
        }
        return .response(HTTPResponse(status: 204, headers: ["Cache-Control": "no-store"]))
    }

    private static func write(_ policy: RetentionPolicy?, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("finished_after_days", .some(policy.map { .integer($0.finishedAfterDays) } ?? .null))
        writer.member("mode", policy?.mode.rawValue)
        writer.endObject()
    }
}

extension AdminCall {
    /// The project that the route is about.
    fileprivate func requiredScope() throws(Problem) -> Scope {
        let tenant = try requiredTenant()
        // A name that none can have is the name of none.
        guard let project = try? ProjectName(parameters["project"] ?? "") else { throw Problem.projectNotFound }
        return Scope(tenant: tenant, project: project)
    }
}
