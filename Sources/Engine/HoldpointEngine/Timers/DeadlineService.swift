import HoldpointCore
import HoldpointPorts

/// Fires deadlines: each due session expires what is due, after stored answers that came in time.
struct DeadlineService: Sendable {
    let services: SessionServices
    let directory: SessionDirectory

    /// Runs until the engine stops.
    func run(until stop: Signal) async {
        while await !stop.isSet {
            await fillHorizon(until: stop)
            let due = await services.deadlines.nextDue()
            await fire(due)
        }
    }

    /// Reads the deadlines that have come near into the wheel.
    func fillHorizon(until stop: Signal) async {
        guard let (start, until) = await services.deadlines.horizonToFill() else { return }
        await services.deadlines.moveHorizon(to: until)
        // Not of shards that are being taken over: what is due there may be what killed their owner (I10).
        await fill(services.tenure.served, from: start, until: until) { await stop.isSet }
    }

    /// Reads the deadlines of shards into the wheel that this node has come to own.
    func fill(_ shards: [Shard]) async {
        let until = await services.deadlines.filledUntil
        await fill(shards, from: Timestamp(milliseconds: 0), until: until) { !services.tenure.isValid }
    }

    private func fill(
        _ shards: [Shard], from start: Timestamp, until: Timestamp, unless isOver: () async -> Bool
    ) async {
        var from = start
        var last: SessionKey?
        while await !isOver() {
            let page: [SessionDeadline]
            do {
                page = try await services.ports.journal.deadlines(
                    shards: shards, from: from, until: until, after: last, limit: services.configuration.timerPage)
            } catch {
                // The store is away: without it no deadline could be committed either. Try the rest again soon.
                await services.ports.clock.sleep(
                    until: services.ports.clock.now().adding(
                        milliseconds: services.configuration.timerRetryMilliseconds))
                continue
            }
            for deadline in page { await services.deadlines.fill(deadline.identity.reference, at: deadline.wakeAt) }
            guard page.count == services.configuration.timerPage, let end = page.last else { return }
            from = end.wakeAt
            last = end.identity.key
        }
    }

    /// Lets each due session act; one that could not is tried again after a while.
    func fire(_ due: [SessionReference]) async {
        guard !due.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            for (index, reference) in due.enumerated() {
                if index >= services.configuration.routedAtOnce { await group.next() }
                group.addTask { await fire(reference) }
            }
        }
    }

    private func fire(_ reference: SessionReference) async {
        do {
            guard let session = try await directory.session(reference.key, in: reference.scope) else { return }
            _ = try await directory.perform(CommandEnvelope(command: FireDeadlines()), on: session)
        } catch .failed {
            // Damaged: it shows as failed when it is next used, and no deadline can mend it.
            return
        } catch {
            // The store or the node is to blame, or the shard is another's, who then looks after it.
            guard await services.ownership.fence(for: reference.key.shard) != nil else { return }
            let retry = services.ports.clock.now().adding(
                milliseconds: services.configuration.timerRetryMilliseconds)
            await services.deadlines.retry(reference, at: retry)
        }
    }
}
