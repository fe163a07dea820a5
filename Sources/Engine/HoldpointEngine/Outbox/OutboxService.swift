import HoldpointCore
import HoldpointPorts

/// Tells webhooks what is in the outbox of this node's shards, again and again until they take it.
///
/// Commits hurry it; the sweep finds every delivery that is due. A delivery may arrive more than once, under the same
/// id: when an attempt was taken and the node died, or lost the shard, before that was written down.
struct OutboxService: Sendable {
    /// How often what came of an attempt is offered to the store once the engine stops; before that, until it takes it.
    private static let triesAtStop = 3

    let services: SessionServices

    private var clock: any Clock { services.ports.clock }
    private var configuration: EngineConfiguration { services.configuration }

    /// Runs until the queue is closed; then ends what is under way.
    func run() async {
        await withDiscardingTaskGroup { group in
            while let task = await services.outbox.next() {
                group.addTask {
                    switch task {
                    case .refill(let scope): await refill(scope)
                    case .deliver(let delivery):
                        let wasTaken = await deliver(delivery)
                        await services.outbox.finished(delivery, wasTaken: wasTaken)
                    }
                }
            }
            group.cancelAll()
        }
    }

    // MARK: Finding

    /// Looks for what is due at intervals until the engine stops.
    func sweepRegularly(until stop: Signal) async {
        var lastStatus = Timestamp(milliseconds: 0)
        while await !stop.isSet {
            await sweep(until: stop)
            let now = clock.now()
            if now >= lastStatus.adding(milliseconds: configuration.outboxStatusMilliseconds) {
                lastStatus = now
                let status = try? await services.ports.journal.outboxStatus(of: services.tenure.served)
                if let status { await services.outbox.note(status) }
            }
            await stop.wait(orUntil: clock.now().adding(milliseconds: configuration.outboxMilliseconds), clock: clock)
        }
    }

    /// Takes up what is due in the shards that are served here, some of each project.
    func sweep(until stop: Signal) async {
        let page = DuePage(projects: configuration.outboxProjects, perProject: configuration.deliveriesWaiting)
        var last: Scope?
        while await !stop.isSet {
            let shards = services.tenure.served
            if shards.isEmpty { return }
            await services.outbox.beginReading()
            let found = try? await services.ports.journal.dueDeliveries(
                in: shards, at: clock.now(), after: last, page: page)
            let projects = Dictionary(grouping: found ?? []) { $0.session.scope }
            for (scope, deliveries) in projects {
                await services.outbox.submit(
                    deliveries, of: scope, hasMore: deliveries.count >= page.perProject)
            }
            await services.outbox.endReading()
            guard projects.count == page.projects else { return }
            last = found?.last?.session.scope
        }
    }

    /// Takes up more of what is due of one project.
    private func refill(_ scope: Scope) async {
        let limit = configuration.deliveriesWaiting + configuration.deliveriesPerProject
        await services.outbox.beginReading()
        let found = try? await services.ports.journal.dueDeliveries(
            of: scope, in: services.tenure.served, at: clock.now(), limit: limit)
        if let found { await services.outbox.submit(found, of: scope, hasMore: found.count == limit) }
        await services.outbox.endReading()
    }

    /// Deletes what is to be forgotten, at intervals until the engine stops.
    func clearRegularly(until stop: Signal) async {
        while true {
            await stop.wait(
                orUntil: clock.now().adding(milliseconds: configuration.outboxClearMilliseconds), clock: clock)
            if await stop.isSet { return }
            while await !stop.isSet {
                let cleared = try? await services.ports.journal.clearDeliveries(
                    in: services.tenure.served, at: clock.now(), limit: configuration.outboxClearPage)
                guard cleared == configuration.outboxClearPage else { break }
                await stop.wait(
                    orUntil: clock.now().adding(milliseconds: configuration.retentionPauseMilliseconds), clock: clock)
            }
        }
    }

    // MARK: Delivering

    /// Makes one attempt, and writes down what came of it; returns whether the receiver took it, nil if it was not
    /// asked.
    private func deliver(_ delivery: DueDelivery) async -> Bool? {
        let session = delivery.session
        guard !Task.isCancelled, let lease = await services.ownership.lease(of: session.key.shard),
            // It rests while its webhook is not enabled; of one that is gone, it is cleared away.
            let webhook = try? await services.webhooks.webhook(in: session.scope), webhook.record.isEnabled,
            webhook.record.id == delivery.webhook,
            let page = try? await services.ports.journal.events(
                of: session.key, in: session.scope, after: delivery.sequence - 1, limit: 1)
        else { return nil }
        let verdict: DeliveryVerdict
        if let event = page.first, event.sequence == delivery.sequence {
            let outcome = await attempt(event, of: session, webhook) { lease.isHeld }
            verdict = outcome
        } else {
            verdict = .gone
        }
        let random = services.ports.entropy.random128().low
        guard let state = delivery.state.after(verdict, at: clock.now(), random: random) else { return nil }
        await settle(delivery, state)
        switch verdict {
        case .delivered: return true
        case .unwanted:
            await disable(webhook.record, in: session.scope)
            return false
        case .failed: return false
        case .gone, .postponed: return nil
        }
    }

    private func attempt(
        _ event: RecordedEvent, of session: SessionIdentity, _ webhook: WebhookCache.Ready,
        isPermitted: @escaping @Sendable () -> Bool
    ) async -> DeliveryVerdict {
        guard let url = webhook.url, let secrets = webhook.secrets else {
            return .failed(status: nil, reason: "the webhook cannot be read on this node", pause: nil)
        }
        let message = WebhookMessage(
            session: session, sequence: event.sequence, type: event.type, time: event.time, data: event.data)
        let body = message.body
        let call: HTTPCall
        do throws(InvalidHTTPCall) {
            call = try HTTPCall(
                method: .post, url: url,
                headers: try message.headers(
                    at: clock.now(), body: body, under: secrets, hasher: services.ports.hasher),
                body: body, idempotencyKey: message.id.description, isMarkedIdempotent: true, followsRedirects: false,
                limits: HTTPCall.Limits(
                    timeout: .milliseconds(WebhookLimits.timeoutMilliseconds),
                    maximumBodyBytes: WebhookLimits.answerBytes))
        } catch {
            return .failed(status: nil, reason: error.detail, pause: nil)
        }
        let outcome = await services.ports.calls.perform(call, isPermitted: isPermitted)
        return DeliveryVerdict(of: outcome, at: clock.now())
    }

    /// Writes down how far a delivery is, until that is done or is not this node's to do.
    private func settle(_ delivery: DueDelivery, _ state: DeliveryState) async {
        let (journal, scope, shard) = (services.ports.journal, delivery.session.scope, delivery.session.key.shard)
        var triesLeft = Self.triesAtStop
        while triesLeft > 0, let fence = await services.ownership.fence(for: shard) {
            do throws(JournalError) {
                _ = try await journal.settle(
                    DeliverySettlement(scope: scope, id: delivery.id, state: state, fence: fence))
                return
            } catch .fenced {
                // Another session's doubt may have raised the generation; else the shard is another's.
                guard let raised = try? await journal.raiseGeneration(of: fence) else { return }
                await services.ownership.raise(to: raised)
                triesLeft -= 1
            } catch .unavailable, .overloaded, .inDoubt {
                if Task.isCancelled { triesLeft -= 1 }
                await clock.sleep(until: clock.now().adding(milliseconds: configuration.timerRetryMilliseconds))
            } catch {
                return
            }
        }
    }

    /// Takes the receiver by its word that it wants nothing any more, unless somebody has changed the webhook since.
    private func disable(_ record: WebhookRecord, in scope: Scope) async {
        let disabled = record.changed(
            isEnabled: false, disabledReason: "the receiver answered 410", at: clock.now())
        _ = try? await services.ports.directory.putWebhook(disabled, in: scope)
        await services.webhooks.forget(scope)
    }
}
