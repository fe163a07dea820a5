import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// Tenants and their projects.
enum AdminRoutes {
    /// The path of everything of one tenant.
    static let tenantPrefix = "/v1/tenants/{tenant}"

    static let all =
        [
            Route(
                administration: .get, "/v1/tenants", "The tenants that the key administers, by name.",
                query: [.cursor, .listLimit], replies: [.ok(.tenantPage)], tenants),
            Route(
                administration: .post, "/v1/tenants", "Makes a tenant; the operator's key only.", body: .required,
                form: .tenant, replies: [.created(.tenant)], refusals: [409], createTenant),
            Route(
                administration: .get, tenantPrefix + "/projects", "A tenant's projects by name.",
                query: [.cursor, .listLimit], replies: [.ok(.projectPage)], projects),
            Route(
                administration: .post, tenantPrefix + "/projects", "Makes a project.", body: .required,
                form: .projectCreation, replies: [.created(.project)], refusals: [409], createProject),
        ] + AdminKeyRoutes.all + RetentionRoutes.all + NodeRoutes.all

    private static func tenants(_ call: AdminCall, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let limit = try call.listLimit()
        let cursor = try call.cursor { try? TenantName($0) }
        let page: Page<TenantName>
        if let own = call.administrator.tenant {
            let isPast = cursor.map { own <= $0 } ?? false
            page = Page(items: isPast ? [] : [own], nextCursor: nil)
        } else {
            page = try await call.gateway.tenants(after: cursor, limit: limit)
        }
        return .page(page) { write($0, into: &$1) }
    }

    private static func createTenant(_ call: AdminCall, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        guard call.administrator.tenant == nil else { throw Problem.operatorRequired }
        let tenant = try call.read { reader in reader.name("name", TenantName.init) }
        guard try await call.gateway.createTenant(tenant) else {
            throw Problem(status: 409, code: "tenant_exists", detail: "there is a tenant of this name already")
        }
        return .json(201) { write(tenant, into: &$0) }
    }

    private static func projects(_ call: AdminCall, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let tenant = try call.requiredTenant()
        let limit = try call.listLimit()
        let cursor = try call.cursor { try? ProjectName($0) }
        guard let page = try await call.gateway.projects(of: tenant, after: cursor, limit: limit) else {
            throw Problem.tenantNotFound
        }
        return .page(page) { write(Scope(tenant: tenant, project: $0), into: &$1) }
    }

    private static func createProject(_ call: AdminCall, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let tenant = try call.requiredTenant()
        let name = try call.read { reader in reader.name("name", ProjectName.init) }
        let scope = Scope(tenant: tenant, project: name)
        switch try await call.gateway.createProject(scope) {
        case nil: throw Problem.tenantNotFound
        case false?:
            throw Problem(status: 409, code: "project_exists", detail: "there is a project of this name already")
        case true?: return .json(201) { write(scope, into: &$0) }
        }
    }

    private static func write(_ tenant: TenantName, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", tenant.text)
        writer.endObject()
    }

    private static func write(_ scope: Scope, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("tenant", scope.tenant.text)
        writer.member("name", scope.project.text)
        writer.endObject()
    }
}

extension JSONObjectReader {
    /// A name of a tenant or project.
    mutating func name<Name>(_ key: String, _ make: (String) throws(InvalidName) -> Name) -> Name? {
        guard let text = requiredString(key) else { return nil }
        do {
            return try make(text)
        } catch {
            fail(key, "must match \(error.form)")
            return nil
        }
    }
}
