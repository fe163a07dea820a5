package import HoldpointCore
package import HoldpointPorts
import JSON

extension Engine {
    /// How often a change of a webhook is begun anew because another one was faster.
    private static let webhookAttempts = 16

    package func putWebhook(
        _ definition: WebhookDefinition, in scope: Scope
    ) async throws(GatewayError) -> IssuedWebhook {
        let checked = try CheckedWebhook(definition)
        return try await changeWebhook(in: scope) { present, now in
            guard let present else {
                let id = WebhookID(self.services.ports.entropy.random128())
                let secret = self.makeSecret()
                let record = WebhookRecord(
                    id: id, revision: 1, url: checked.url, types: checked.types, isEnabled: definition.isEnabled,
                    disabledReason: nil, box: self.sealing.box(of: WebhookSecrets(secret), for: id, in: scope),
                    createdAt: now, updatedAt: now)
                return (record, secret)
            }
            let isSame =
                present.url == checked.url && present.types == checked.types
                && present.isEnabled == definition.isEnabled
            if isSame { return (present, nil) }
            let record = present.changed(
                url: checked.url, types: checked.types, isEnabled: definition.isEnabled, disabledReason: nil, at: now)
            return (record, nil)
        }
    }

    package func rotateWebhook(grace: Duration, in scope: Scope) async throws(GatewayError) -> IssuedWebhook {
        guard try await storedWebhook(in: scope) != nil else { throw .webhookNotFound }
        return try await changeWebhook(in: scope) { present, now in
            guard let present else { return nil }
            let secret = self.makeSecret()
            let until = now.adding(milliseconds: max(0, grace.milliseconds))
            // Where the present one does not open, nothing could be signed under it either.
            let secrets =
                self.sealing.secrets(of: present, in: scope)?.rotated(to: secret, until: until)
                ?? WebhookSecrets(secret)
            let box = self.sealing.box(of: secrets, for: present.id, in: scope)
            return (present.changed(box: box, at: now), secret)
        }
    }

    package func webhook(in scope: Scope) async throws(GatewayError) -> WebhookView {
        guard let record = try await storedWebhook(in: scope) else { throw .webhookNotFound }
        return view(of: record, in: scope)
    }

    package func deleteWebhook(in scope: Scope) async throws(GatewayError) -> Bool {
        let isDeleted = try await reading { () throws(JournalError) in
            try await self.services.ports.directory.deleteWebhook(in: scope)
        }
        await webhookChanged(in: scope)
        return isDeleted
    }

    package func deliveries(
        status: DeliveryState.Status?, cursor: String?, limit: Int, in scope: Scope
    ) async throws(GatewayError) -> Page<DeliveryRecord> {
        var query = DeliveryQuery(status: status, limit: limit + 1)
        if let cursor {
            guard let place = Int64(cursor), place > 0, String(place) == cursor else { throw .invalidCursor }
            query.before = place
        }
        guard try await storedWebhook(in: scope) != nil else { throw .webhookNotFound }
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.deliveries(query, in: scope)
        }
        return Page(of: found, limit: limit) { String($0.place) }
    }

    package func redeliver(_ id: DeliveryID, in scope: Scope) async throws(GatewayError) -> DeliveryRecord {
        guard let webhook = try await storedWebhook(in: scope) else { throw .webhookNotFound }
        let now = services.ports.clock.now()
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.redeliver(id, in: scope, at: now)
        }
        guard let found else { throw .rejected(Rejection(.deliveryNotFound, "there is no such delivery")) }
        if webhook.isEnabled, services.tenure.serves(id.session.shard) {
            let due = DueDelivery(
                webhook: webhook.id, session: found.session, sequence: found.sequence, state: found.state)
            await services.outbox.submit([due], of: scope)
        }
        return found
    }

    // MARK: Parts

    private var sealing: WebhookSealing { WebhookSealing(secretBox: services.ports.secretBox) }

    private func makeSecret() -> WebhookSecret {
        var bytes: [UInt8] = []
        while bytes.count < WebhookLimits.secretBytes { bytes += services.ports.entropy.random128().bytes }
        return WebhookSecret(Array(bytes.prefix(WebhookLimits.secretBytes)))
    }

    private func storedWebhook(in scope: Scope) async throws(GatewayError) -> WebhookRecord? {
        try await reading { () throws(JournalError) in
            try await self.services.ports.directory.webhook(in: scope)
        }
    }

    private func view(of record: WebhookRecord, in scope: Scope) -> WebhookView {
        let until = sealing.secrets(of: record, in: scope)?.previousUntil
        return WebhookView(
            record: record, previousUntil: until.flatMap { services.ports.clock.now() < $0 ? $0 : nil })
    }

    /// Changes a webhook, from what is there; anew whenever another change came first.
    ///
    /// - Parameter change: gives the revision that is to follow, and a secret to be told; nil for what is not there.
    private func changeWebhook(
        in scope: Scope, _ change: (WebhookRecord?, Timestamp) -> (WebhookRecord, WebhookSecret?)?
    ) async throws(GatewayError) -> IssuedWebhook {
        for _ in 0..<Self.webhookAttempts {
            let present = try await storedWebhook(in: scope)
            guard let (record, secret) = change(present, services.ports.clock.now()) else { throw .webhookNotFound }
            if record == present {
                return IssuedWebhook(view: view(of: record, in: scope), secret: nil, isNew: false)
            }
            let isPut = try await reading { () throws(JournalError) in
                try await self.services.ports.directory.putWebhook(record, in: scope)
            }
            await webhookChanged(in: scope)
            if isPut {
                return IssuedWebhook(view: view(of: record, in: scope), secret: secret, isNew: present == nil)
            }
        }
        throw .unavailable("the webhook is being changed by too many at once", retryAfter: .seconds(1))
    }

    private func webhookChanged(in scope: Scope) async {
        await services.webhooks.forget(scope)
        await services.outbox.reset(scope)
    }
}

/// What was asked of a webhook, found to be possible.
private struct CheckedWebhook {
    let url: String
    let types: Set<EventType>?

    init(_ definition: WebhookDefinition) throws(GatewayError) {
        var violations: [JSONViolation] = []
        func fail(_ pointer: JSONPointer, _ detail: String) {
            violations.append(JSONViolation(pointer: pointer, detail: detail))
        }
        let place = JSONPointer.root.appending("url")
        var text = definition.url
        do throws(InvalidWebURL) {
            let url = try WebURL(definition.url)
            if url.hasDotSegments { fail(place, "has a segment of dots in its path") }
            text = url.text
        } catch {
            fail(place, error.detail)
        }
        for (index, type) in (definition.types ?? []).enumerated() where !WebhookEvents.names.contains(type) {
            fail(
                JSONPointer.root.appending("types").appending(index),
                "must be one of \(WebhookEvents.names.joined(separator: ", "))")
        }
        guard violations.isEmpty else {
            throw .rejected(
                Rejection(.invalidInput, "the request does not fit; see errors", violations: violations))
        }
        url = text
        types = definition.types.map { Set($0.map { EventType($0) }) }
    }
}

extension GatewayError {
    fileprivate static let webhookNotFound = GatewayError.rejected(
        Rejection(.webhookNotFound, "the project has no webhook"))
}

extension WebhookRecord {
    /// The next revision, with other definitions.
    func changed(
        url: String, types: Set<EventType>?, isEnabled: Bool, disabledReason: String?, at time: Timestamp
    ) -> WebhookRecord {
        WebhookRecord(
            id: id, revision: revision + 1, url: url, types: types, isEnabled: isEnabled,
            disabledReason: disabledReason, box: box, createdAt: createdAt, updatedAt: time)
    }

    /// The next revision, enabled or not.
    func changed(isEnabled: Bool, disabledReason: String?, at time: Timestamp) -> WebhookRecord {
        changed(url: url, types: types, isEnabled: isEnabled, disabledReason: disabledReason, at: time)
    }

    /// The next revision, with other secrets.
    func changed(box: [UInt8], at time: Timestamp) -> WebhookRecord {
        WebhookRecord(
            id: id, revision: revision + 1, url: url, types: types, isEnabled: isEnabled,
            disabledReason: disabledReason, box: box, createdAt: createdAt, updatedAt: time)
    }
}
