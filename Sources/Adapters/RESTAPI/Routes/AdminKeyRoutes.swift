import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// A tenant's API keys.
enum AdminKeyRoutes {
    private static let keys = AdminRoutes.tenantPrefix + "/keys"

    static let all = [
        Route(
            administration: .get, keys, "A tenant's keys by id, those that are revoked among them.",
            query: [.cursor, .listLimit], replies: [.ok(.keyPage)], list),
        Route(administration: .get, keys + "/{id}", "A key, without its secret.", replies: [.ok(.key)], get),
        Route(
            administration: .post, keys, "Makes a key, and tells it this once.", body: .required, form: .keyCreation,
            replies: [.created(.issuedKey)], create),
        Route(
            administration: .post, keys + "/{id}/rotate",
            "Gives a key another secret, and tells it this once; the one before works until the grace ends.",
            body: .optional, form: .keyRotation, replies: [.ok(.issuedKey)], refusals: [409], rotate),
        Route(
            administration: .post, keys + "/{id}/revoke", "Revokes a key: it opens nothing any more.",
            body: .optional, form: .nothing, replies: [.ok(.key)], revoke),
    ]

    private static func list(_ call: AdminCall, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let limit = try call.listLimit()
        let cursor = try call.cursor { APIKey.isID($0) ? $0 : nil }
        let page = try await call.gateway.keys(of: try call.requiredTenant(), after: cursor, limit: limit)
        guard let page else { throw Problem.tenantNotFound }
        return .page(page) { writeKey($0, into: &$1) }
    }

    private static func get(_ call: AdminCall, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let key = try await present(call)
        return .json { writeKey(key, into: &$0) }
    }

    private static func create(_ call: AdminCall, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let tenant = try call.requiredTenant()
        let (project, scopes) = try call.read { reader -> (ProjectName?, Set<KeyScope>)? in
            var project: ProjectName?
            if let text = reader.optionalString("project", nullable: true) {
                project = try? ProjectName(text)
                if project == nil { reader.fail("project", "must match [a-z0-9-]{1,63}") }
            }
            guard let names = reader.requiredArray("scopes", maximumCount: KeyScope.allCases.count) else { return nil }
            let scopes = names.compactMap { $0.stringValue.flatMap { KeyScope(rawValue: $0) } }
            let known = KeyScope.allCases.map(\.rawValue).joined(separator: ", ")
            if names.isEmpty || scopes.count != names.count { reader.fail("scopes", "must name some of \(known)") }
            return (project, Set(scopes))
        }
        try check(scopes, against: call)
        guard let issued = try await call.gateway.createKey(of: tenant, project: project, scopes: scopes) else {
            if project == nil { throw Problem.tenantNotFound }
            throw Problem.invalid("/project", "there is no such project")
        }
        return reply(201, issued)
    }

    private static func rotate(_ call: AdminCall, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let seconds = try call.read { reader -> Int64? in
            reader.optionalInt64("grace_seconds", range: 0...KeyGrace.maximumSeconds, nullable: true)
                ?? KeyGrace.standardSeconds
        }
        let key = try await present(call)
        // Whoever gets the secret gets what the key may.
        try check(key.scopes, against: call)
        let issued = try await call.gateway.rotateKey(key.id, of: key.tenant, grace: .seconds(seconds))
        guard let issued else {
            throw Problem(status: 409, code: "key_revoked", detail: "the key is revoked; make another")
        }
        return reply(200, issued)
    }

    private static func revoke(_ call: AdminCall, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        _ = try call.read { _ in true }
        let tenant = try call.requiredTenant()
        guard let key = try await call.gateway.revokeKey(call.parameters["id"] ?? "", of: tenant) else {
            throw Problem.keyNotFound
        }
        return .json { writeKey(key, into: &$0) }
    }

    private static func present(_ call: AdminCall) async throws -> KeyRecord {
        let tenant = try call.requiredTenant()
        guard let key = try await call.gateway.key(call.parameters["id"] ?? "", of: tenant) else {
            throw Problem.keyNotFound
        }
        return key
    }

    private static func check(_ scopes: Set<KeyScope>, against call: AdminCall) throws(Problem) {
        let beyond = scopes.subtracting(call.administrator.scopes)
        guard beyond.isEmpty else { throw Problem.scopesBeyond(beyond) }
    }

    private static func reply(_ status: Int, _ issued: IssuedKey) -> HTTPReply {
        .json(status) { writer in
            writer.beginObject()
            writer.member("key", issued.key.text)
            writeMembers(of: issued.record, into: &writer)
            writer.endObject()
        }
    }

    private static func writeKey(_ key: KeyRecord, into writer: inout JSONWriter) {
        writer.beginObject()
        writeMembers(of: key, into: &writer)
        writer.endObject()
    }

    private static func writeMembers(of key: KeyRecord, into writer: inout JSONWriter) {
        let scopes = KeyScope.allCases.filter { key.scopes.contains($0) }
        writer.member("id", key.id)
        writer.member("tenant", key.tenant.text)
        writer.member("project", key.project?.text)
        writer.member("scopes", .some(.array(scopes.map { .string($0.rawValue) })))
        writer.member("created_at", .some(key.createdAt))
        writer.member("rotated_at", key.rotatedAt)
        writer.member("replaced_valid_until", key.replaced?.validUntil)
        writer.member("revoked_at", key.revokedAt)
    }
}
