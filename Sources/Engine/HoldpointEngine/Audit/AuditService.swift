import HoldpointCore
import HoldpointPorts

/// Writes the audit logs of the projects whose shards this node serves, from their feeds.
///
/// A log is not written in the commits of sessions: that would put all of a project's commits in one line. Doorbells
/// hurry it, and a sweep over all projects finds what they missed.
struct AuditService: Sendable {
    let services: SessionServices
    let hub: StreamHub

    private var queue: AuditQueue { services.audit }
    private var clock: any Clock { services.ports.clock }
    private var configuration: EngineConfiguration { services.configuration }

    /// Audits what there is news of until the engine stops.
    func run(until stop: Signal) async {
        while await queue.waitForNews() {
            // What comes within a moment is audited together.
            await stop.wait(
                orUntil: clock.now().adding(milliseconds: configuration.auditDelayMilliseconds), clock: clock)
            if await stop.isSet { return }
            let due = await queue.takeAll()
            await withTaskGroup(of: Void.self) { group in
                for (index, scope) in due.enumerated() {
                    if index >= configuration.auditedAtOnce { await group.next() }
                    group.addTask { await audit(scope) }
                }
            }
        }
    }

    /// Looks at all projects for what is not audited, at intervals until the engine stops.
    func sweepRegularly(until stop: Signal) async {
        while await !stop.isSet {
            await sweep(until: stop)
            await stop.wait(
                orUntil: clock.now().adding(milliseconds: configuration.auditSweepMilliseconds), clock: clock)
        }
    }

    /// Audits a project now, all that its feed has at this moment; does nothing where another node does it.
    func catchUp(_ scope: Scope) async throws(JournalError) {
        while try await !turn(of: scope) {}
    }

    private func sweep(until stop: Signal) async {
        for scope in await queue.takeForeign() { await hub.unlisten(toFeedOf: scope) }
        guard !services.tenure.served.isEmpty else { return }
        var last: Scope?
        repeat {
            // With the store away, the next sweep tries again.
            let page = try? await services.ports.journal.unaudited(after: last, limit: configuration.auditSweepPage)
            guard let page, await !stop.isSet else { return }
            await queue.note(page.scopes)
            last = page.last
        } while last != nil
    }

    /// Gives a project its turn; what goes wrong is left to the next sweep.
    private func audit(_ scope: Scope) async {
        if await queue.beginsListening(to: scope) { await hub.listen(toFeedOf: scope) }
        do throws(JournalError) {
            let isDone = try await turn(of: scope)
            await queue.finished(scope, isDone: isDone)
        } catch {
            await queue.finished(scope, isDone: true)
        }
    }

    /// Audits some pages of a project's feed; true if there is nothing more, or it is another node's to do.
    private func turn(of scope: Scope) async throws(JournalError) -> Bool {
        for _ in 0..<configuration.auditPages {
            guard services.tenure.serves(Shard(auditing: scope)),
                let fence = await services.ownership.fence(for: Shard(auditing: scope))
            else { return true }
            let state: AuditState
            if let known = await queue.state(of: scope) {
                state = known
            } else {
                state = try await services.ports.journal.auditState(in: scope)
            }
            let items = try await services.ports.journal.feed(
                in: scope, after: state.position, limit: configuration.auditPage)
            guard let first = items.first, let last = items.last else { return true }
            await queue.note(oldest: first.event.time, of: scope)
            let rows = try await rows(for: items, after: state.head, in: scope)
            // Until it is known to be made, nothing is known.
            await queue.remember(nil, of: scope)
            let append = AuditAppend(scope: scope, fence: fence, from: state, rows: rows, position: last.position)
            // Another node was faster, or this one without knowing it: what is there is read anew.
            guard try await write(append) else { continue }
            await queue.remember(append.to, of: scope)
            await services.counters.countAudited(rows.count)
            await tell(of: items, in: scope)
            if items.count < configuration.auditPage, !JournalPage.isFull(items.map(\.event)) { return true }
        }
        return false
    }

    /// Appends, under the newer fence where the one that is known is old: a session's doubt may have raised it.
    private func write(_ append: AuditAppend) async throws(JournalError) -> Bool {
        do {
            return try await services.ports.journal.append(append)
        } catch .fenced {
            let raised = try await services.ports.journal.raiseGeneration(of: append.fence)
            await services.ownership.raise(to: raised)
            return try await services.ports.journal.append(
                AuditAppend(
                    scope: append.scope, fence: raised, from: append.from, rows: append.rows, position: append.position
                ))
        }
    }

    private func rows(
        for items: [FeedItem], after head: AuditHead, in scope: Scope
    ) async throws(JournalError) -> [AuditRow] {
        var rows: [AuditRow] = []
        rows.reserveCapacity(items.count)
        let author = AuditAuthor(signer: services.ports.signer, hasher: services.ports.hasher)
        var head = head
        for item in items {
            let event = AuditedEvent(item)
            if let (request, asked) = event.opening(services.ports.hasher) {
                await queue.remember(asked, of: request)
            }
            let row = author.row(of: event, asked: try await asked(of: event, in: scope), after: head, in: scope)
            head = row.head
            rows.append(row)
        }
        return rows
    }

    /// What the request asked that an event is about; nil if it is about none.
    private func asked(of event: AuditedEvent, in scope: Scope) async throws(JournalError) -> AuditedOpening? {
        guard let request = event.request else { return nil }
        if let known = await queue.takeOpening(of: request) { return known }
        let record = try await services.ports.journal.request(request, in: scope)
        return record.flatMap { AuditedOpening($0.opened, hasher: services.ports.hasher) }
    }

    /// Tells callers who wait for a receipt, here and at other nodes.
    private func tell(of items: [FeedItem], in scope: Scope) async {
        await queue.tell(scope)
        guard services.tenure.isShared, let decided = items.last(where: { $0.event.type.text.hasPrefix("hitl_") })
        else {
            return
        }
        services.ports.streams.ring(
            Doorbell(session: decided.session, head: decided.event.sequence, events: [], isOnFeed: true))
    }
}

extension AuditedEvent {
    fileprivate init(_ item: FeedItem) {
        self.init(
            session: item.session, sequence: item.event.sequence, time: item.event.time, type: item.event.type,
            data: item.event.data, chain: item.event.chain)
    }
}
