import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// The project's secrets: put, listed by name and deleted, and never given back (I9).
enum SecretRoutes {
    private static let place = Route.projectPrefix + "/secrets/{name}"

    static let all = [
        Route(
            .put, place, [.secretsWrite], "Puts a secret that workflows may name, in the place of one of its name.",
            body: .required, form: .secretDefinition, replies: [.ok(.secret)], refusals: [409], put),
        Route(
            .get, Route.projectPrefix + "/secrets", [.agents, .secretsWrite],
            "The names of the project's secrets, and when they were put.", query: [.cursor, .listLimit],
            replies: [.ok(.secretPage)], list),
        Route(.delete, place, [.secretsWrite], "Deletes a secret.", replies: [.done], delete),
    ]

    private static func put(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let text = call.parameter("name")
        guard let name = try? SecretName(text) else {
            throw Problem.invalid("path:name", "must match \(SecretName.form)")
        }
        let value = try call.read { reader in reader.secretValue("value") }
        guard let entry = try await call.gateway.putSecret(name, value, in: call.scope) else {
            throw Problem(
                status: 409, code: "too_many_secrets",
                detail: "the project has \(ProjectSecretLimits.perProject) secrets, which is as many as it may have")
        }
        return .json { write(entry, into: &$0) }
    }

    private static func list(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let limit = try call.listLimit()
        var cursor: SecretName?
        if let text = call.query["cursor"] {
            cursor = try? SecretName(text)
            if cursor == nil {
                throw Problem(Rejection(.cursorInvalid, "this cursor was not given out for this list"))
            }
        }
        let page = try await call.gateway.secrets(in: call.scope, after: cursor, limit: limit)
        return .page(page) { write($0, into: &$1) }
    }

    private static func delete(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        // A name that none can have is the name of none.
        guard let name = try? SecretName(call.parameter("name")),
            try await call.gateway.deleteSecret(name, in: call.scope)
        else { throw Problem.notFound(.secretNotFound, "there is no such secret") }
        return .response(HTTPResponse(status: 204, headers: ["Cache-Control": "no-store"]))
    }

    private static func write(_ entry: ProjectSecretEntry, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", entry.name.text)
        writer.member("updated_at", .some(entry.updatedAt))
        writer.endObject()
    }
}

extension JSONObjectReader {
    /// The value of a secret; what is said of one that does not fit never repeats it (I9).
    fileprivate mutating func secretValue(_ key: String) -> SecretValue? {
        guard let json = requiredValue(key) else { return nil }
        do {
            return try SecretValue(json)
        } catch {
            fail(key, error.detail)
            return nil
        }
    }
}
