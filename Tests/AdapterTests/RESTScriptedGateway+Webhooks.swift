import HoldpointCore
import HoldpointPorts

/// The same gateway's webhook, with one delivery, `RESTSamples.delivery`; its secret is 32 zeros.
extension RESTScriptedGateway {
    private static let missing = GatewayError.rejected(Rejection(.webhookNotFound, "the project has no webhook"))

    private func view(_ definition: WebhookDefinition? = nil) -> WebhookView {
        let time = Timestamp(milliseconds: 0)
        let record = WebhookRecord(
            id: WebhookID(Identifier128(high: 1, low: 2)), revision: 1,
            url: definition?.url ?? "https://example.org/hook",
            types: definition?.types.map { Set($0.map { EventType($0) }) }, isEnabled: definition?.isEnabled ?? true,
            disabledReason: nil, box: [1], createdAt: time, updatedAt: time)
        return WebhookView(record: record, previousUntil: nil)
    }

    private var secret: WebhookSecret { WebhookSecret([UInt8](repeating: 0, count: WebhookLimits.secretBytes)) }

    func putWebhook(_ definition: WebhookDefinition, in scope: Scope) async throws(GatewayError) -> IssuedWebhook {
        let types = definition.types?.joined(separator: ",") ?? "-"
        try note("putWebhook", scope, detail: "\(definition.url) \(types) \(definition.isEnabled)")
        let isNew = state.isNew
        return IssuedWebhook(view: view(definition), secret: isNew ? secret : nil, isNew: isNew)
    }

    func webhook(in scope: Scope) async throws(GatewayError) -> WebhookView {
        try note("webhook", scope)
        guard scope == home else { throw Self.missing }
        return view()
    }

    func rotateWebhook(grace: Duration, in scope: Scope) async throws(GatewayError) -> IssuedWebhook {
        try note("rotateWebhook", scope, detail: "\(grace.components.seconds)")
        guard scope == home else { throw Self.missing }
        return IssuedWebhook(view: view(), secret: secret, isNew: false)
    }

    func deleteWebhook(in scope: Scope) async throws(GatewayError) -> Bool {
        try note("deleteWebhook", scope)
        return scope == home
    }

    func deliveries(
        status: DeliveryState.Status?, cursor: String?, limit: Int, in scope: Scope
    ) async throws(GatewayError) -> Page<DeliveryRecord> {
        try note(
            "deliveries", scope, detail: "\(status?.rawValue ?? "-") after \(cursor ?? "-") limit \(limit)")
        guard scope == home else { throw Self.missing }
        return Page(items: [RESTSamples.delivery(in: scope)].compactMap(\.self), nextCursor: state.nextCursor)
    }

    func redeliver(_ id: DeliveryID, in scope: Scope) async throws(GatewayError) -> DeliveryRecord {
        try note("redeliver", scope, detail: id.description)
        guard scope == home, let delivery = RESTSamples.delivery(in: scope), delivery.id == id else {
            throw .rejected(Rejection(.deliveryNotFound, "there is no such delivery"))
        }
        return delivery
    }
}

extension RESTSamples {
    static let deliveryID = DeliveryID(session: SessionKey(Identifier128(high: 1, low: 7)), sequence: 2)

    static func delivery(in scope: Scope) -> DeliveryRecord? {
        guard let session = try? SessionID("s1") else { return nil }
        let time = Timestamp(milliseconds: 0)
        return DeliveryRecord(
            place: 5, session: SessionIdentity(scope: scope, key: deliveryID.session, id: session), sequence: 2,
            type: EventType("hitl_requested"), createdAt: time,
            state: DeliveryState(
                status: .pending, attempts: 1, tries: 1, due: time.adding(milliseconds: 5_000), lastStatus: 503,
                lastError: "the receiver answered 503", lastAttemptAt: time))
    }
}
