import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// The project's webhook: where it is told of what happens, and what became of that.
enum WebhookRoutes {
    private static let place = Route.projectPrefix + "/webhook"
    private static let deliveries = place + "/deliveries"

    static let all = [
        Route(
            .put, place, [.operate],
            "Makes the project's webhook, with a secret that is told this once, or changes the one that it has.",
            body: .required, form: .webhookDefinition, replies: [.ok(.webhook), .created(.issuedWebhook)], put),
        Route(
            .get, place, [.operate], "The project's webhook, without its secret.", replies: [.ok(.webhook)], get),
        Route(
            .delete, place, [.operate], "Deletes the webhook, and with it what it was still to be told.",
            replies: [.done], delete),
        Route(
            .post, place + "/rotate", [.operate],
            "Gives the webhook another secret, told this once; the one before signs as well for the grace.",
            body: .optional, form: .webhookRotation, replies: [.ok(.issuedWebhook)], rotate),
        Route(
            .get, deliveries, [.operate], "What the webhook was told, or is still to be told, newest first.",
            query: [.deliveryStatus, .cursor, .listLimit], replies: [.ok(.deliveryPage)], list),
        Route(
            .post, deliveries + "/{id}/redeliver", [.operate],
            "Makes a delivery due at once, whatever became of it.", body: .optional, form: .nothing,
            replies: [.ok(.delivery)], redeliver),
    ]

    private static func put(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let definition = try call.read { reader -> WebhookDefinition? in
            let url = reader.requiredString("url")
            let types = reader.eventTypes("types")
            let isEnabled = reader.optionalBool("enabled") ?? true
            return url.map { WebhookDefinition(url: $0, types: types, isEnabled: isEnabled) }
        }
        let issued = try await call.gateway.putWebhook(definition, in: call.scope)
        return issued.isNew ? reply(201, issued) : .json { write(issued.view, into: &$0) }
    }

    private static func get(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let view = try await call.gateway.webhook(in: call.scope)
        return .json { write(view, into: &$0) }
    }

    private static func delete(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        guard try await call.gateway.deleteWebhook(in: call.scope) else {
            throw Problem.notFound(.webhookNotFound, "the project has no webhook")
        }
        return .response(HTTPResponse(status: 204, headers: ["Cache-Control": "no-store"]))
    }

    private static func rotate(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let seconds = try call.read { reader -> Int64? in
            reader.optionalInt64("grace_seconds", range: 0...KeyGrace.maximumSeconds, nullable: true)
                ?? KeyGrace.standardSeconds
        }
        return reply(200, try await call.gateway.rotateWebhook(grace: .seconds(seconds), in: call.scope))
    }

    private static func list(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let page = try await call.gateway.deliveries(
            status: try call.choice("status", of: DeliveryState.Status.self), cursor: call.query["cursor"],
            limit: try call.listLimit(), in: call.scope)
        return .page(page) { write($0, into: &$1) }
    }

    private static func redeliver(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        _ = try call.read { _ in true }
        guard let id = DeliveryID(call.parameter("id")) else {
            throw Problem.notFound(.deliveryNotFound, "there is no such delivery")
        }
        let delivery = try await call.gateway.redeliver(id, in: call.scope)
        return .json { write(delivery, into: &$0) }
    }

    // MARK: Documents

    private static func reply(_ status: Int, _ issued: IssuedWebhook) -> HTTPReply {
        .json(status) { writer in
            writer.beginObject()
            if let secret = issued.secret { writer.member("secret", secret.text) }
            writeMembers(of: issued.view, into: &writer)
            writer.endObject()
        }
    }

    private static func write(_ view: WebhookView, into writer: inout JSONWriter) {
        writer.beginObject()
        writeMembers(of: view, into: &writer)
        writer.endObject()
    }

    private static func writeMembers(of view: WebhookView, into writer: inout JSONWriter) {
        let record = view.record
        writer.member("url", record.url)
        writer.member("types", record.types.map { .array($0.map(\.text).sorted().map { .string($0) }) })
        writer.member("enabled", record.isEnabled)
        writer.member("disabled_reason", record.disabledReason)
        writer.member("previous_secret_valid_until", view.previousUntil)
        writer.member("created_at", .some(record.createdAt))
        writer.member("updated_at", .some(record.updatedAt))
    }

    private static func write(_ delivery: DeliveryRecord, into writer: inout JSONWriter) {
        let state = delivery.state
        writer.beginObject()
        writer.member("id", delivery.id.description)
        writer.member("session", delivery.session.id.text)
        writer.member("seq", delivery.sequence)
        writer.member("type", delivery.type.text)
        writer.member("status", state.status.rawValue)
        writer.member("attempts", state.attempts)
        writer.member("last_status", state.lastStatus.map { .integer($0) })
        writer.member("last_error", state.lastError)
        writer.member("created_at", .some(delivery.createdAt))
        writer.member("last_attempt_at", state.lastAttemptAt)
        writer.member("next_attempt_at", state.status == .pending ? state.due : nil)
        writer.endObject()
    }
}

extension JSONObjectReader {
    /// The types of events that a webhook is told of; nil for all.
    fileprivate mutating func eventTypes(_ key: String) -> [String]? {
        guard let items = optionalArray(key, maximumCount: WebhookLimits.types, nullable: true) else { return nil }
        if items.isEmpty { fail(key, "must name a type, or be left out for all") }
        var types: [String] = []
        for (index, item) in items.enumerated() {
            if let text = item.stringValue {
                types.append(text)
            } else {
                add([JSONViolation(pointer: pointer(to: key).appending(index), detail: "must be a string")])
            }
        }
        return types
    }
}
