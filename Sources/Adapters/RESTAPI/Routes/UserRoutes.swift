import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// The project's users: put, read and deleted.
enum UserRoutes {
    private static let place = Route.projectPrefix + "/users/{id}"

    static let all = [
        Route(
            .put, place, [.operate], "Puts a user of the project, in the place of one that has the id.",
            body: .required, form: .userDefinition, replies: [.ok(.user)], refusals: [409], put),
        Route(
            .get, Route.projectPrefix + "/users", [.sessionsRead], "The project's users by id.",
            query: [.cursor, .listLimit], replies: [.ok(.userPage)], list),
        Route(.get, place, [.sessionsRead], "A user of the project.", replies: [.ok(.user)], get),
        Route(.delete, place, [.operate], "Deletes a user.", replies: [.done], delete),
    ]

    private static func put(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        guard let id = try? UserID(call.parameter("id")) else {
            throw Problem.invalid("path:id", "must match \(UserID.form)")
        }
        let user = try call.read { reader in User(id, from: &reader) }
        guard let record = try await call.gateway.putUser(user, in: call.scope) else {
            throw Problem(
                status: 409, code: "too_many_users",
                detail: "the project has \(PeopleLimits.usersPerProject) users, which is as many as it may have")
        }
        return .json { write(record, into: &$0) }
    }

    private static func list(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let limit = try call.listLimit()
        var cursor: UserID?
        if let text = call.query["cursor"] {
            cursor = try? UserID(text)
            if cursor == nil {
                throw Problem(Rejection(.cursorInvalid, "this cursor was not given out for this list"))
            }
        }
        let page = try await call.gateway.users(in: call.scope, after: cursor, limit: limit)
        return .page(page) { write($0, into: &$1) }
    }

    private static func get(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        // An id that none can have is the id of none.
        guard let id = try? UserID(call.parameter("id")),
            let record = try await call.gateway.user(id, in: call.scope)
        else { throw Problem.notFound(.userNotFound, "there is no such user") }
        return .json { write(record, into: &$0) }
    }

    private static func delete(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        guard let id = try? UserID(call.parameter("id")), try await call.gateway.deleteUser(id, in: call.scope)
        else { throw Problem.notFound(.userNotFound, "there is no such user") }
        return .response(HTTPResponse(status: 204, headers: ["Cache-Control": "no-store"]))
    }

    private static func write(_ record: UserRecord, into writer: inout JSONWriter) {
        writer.beginObject()
        record.user.writeMembers(into: &writer)
        writer.member("updated_at", .some(record.updatedAt))
        writer.endObject()
    }
}
