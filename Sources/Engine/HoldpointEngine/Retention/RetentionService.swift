import HoldpointCore
import HoldpointPorts

/// Retires sessions that ended long ago, as their projects' policies have it, in this node's own shards.
struct RetentionService: Sendable {
    let services: SessionServices
    let directory: SessionDirectory
    let audit: AuditService

    private var clock: any Clock { services.ports.clock }
    private var configuration: EngineConfiguration { services.configuration }

    /// Goes through all projects at intervals until the engine stops; the first time soon after it began.
    func run(until stop: Signal) async {
        var wait = configuration.retentionDelayMilliseconds
        while true {
            await stop.wait(orUntil: clock.now().adding(milliseconds: wait), clock: clock)
            if await stop.isSet { return }
            await pass(until: stop)
            wait = configuration.retentionMilliseconds
        }
    }

    /// Goes through all projects that have a policy; one that fails is left for the next time.
    private func pass(until stop: Signal) async {
        var last: Scope?
        while await !stop.isSet {
            let page = try? await services.ports.directory.retentions(
                after: last, limit: configuration.retentionProjects)
            guard let page else { return }
            for project in page { try? await retire(project, until: stop) }
            guard page.count == configuration.retentionProjects else { return }
            last = page.last?.scope
        }
    }

    /// Retires a project's sessions, page by page, with a pause after each.
    private func retire(_ project: ProjectRetention, until stop: Signal) async throws(JournalError) {
        // What is not audited, the store does not retire.
        try? await audit.catchUp(project.scope)
        let cutoff = project.policy.cutoff(at: clock.now())
        var last: EndedSession?
        while await !stop.isSet {
            let page = try await services.ports.journal.endedSessions(
                in: project.scope, shards: services.tenure.served, before: cutoff, after: last,
                limit: configuration.retentionPage)
            var free: [SessionIdentity] = []
            for ended in page where try await isFree(ended.identity) { free.append(ended.identity) }
            try await retire(free, of: project, endedBefore: cutoff, until: stop)
            guard page.count == configuration.retentionPage else { return }
            last = page.last
            await pause(until: stop)
        }
    }

    private func retire(
        _ sessions: [SessionIdentity], of project: ProjectRetention, endedBefore cutoff: Timestamp, until stop: Signal
    ) async throws(JournalError) {
        var left = sessions.map(\.key)
        while !left.isEmpty, await !stop.isSet {
            var fences: [Shard: Fence] = [:]
            for shard in Set(left.map(\.shard)) { fences[shard] = await services.ownership.fence(for: shard) }
            // A shard that was lost meanwhile is its new owner's to look after.
            left = left.filter { fences[$0.shard] != nil }
            if left.isEmpty { return }
            let page = try await services.ports.journal.retire(
                Retirement(
                    scope: project.scope, sessions: left, fences: fences.values.sorted { $0.shard < $1.shard },
                    endedBefore: cutoff, mode: project.policy.mode, at: clock.now()))
            for session in sessions where page.retired.contains(session.key) { await dismiss(session) }
            await services.counters.countRetired(page.retired.count)
            left = page.left
            if !left.isEmpty { await pause(until: stop) }
        }
    }

    /// Lets a session go that was retired, if it was read of late.
    private func dismiss(_ session: SessionIdentity) async {
        if let resident = await directory.resident(session.id, in: session.scope) { await directory.dismiss(resident) }
    }

    private func pause(until stop: Signal) async {
        await stop.wait(
            orUntil: clock.now().adding(milliseconds: configuration.retentionPauseMilliseconds), clock: clock)
    }

    /// Whether nobody needs a session that ended; one that cannot be read is kept for whoever looks into it.
    ///
    /// What began a session is its first event, and a session that ended takes up no new ties: so it stays free.
    private func isFree(_ session: SessionIdentity) async throws(JournalError) -> Bool {
        let log = try await services.ports.journal.events(of: session.key, in: session.scope, after: 0, limit: 1)
        guard let first = log.first, let began = beginning(first, of: session) else { return false }
        guard let parent = began.parent else { return true }
        let loader = SessionLoader(
            journal: services.ports.journal, hasher: services.ports.hasher, counters: services.counters)
        do {
            // A parent that has ended, or is gone, waits for nobody.
            guard let waiting = try await loader.load(parent.key, in: session.scope)?.state,
                !waiting.status.isFinal
            else { return true }
            return waiting.workflow?.children.contains { $0.id == parent.effect } != true
        } catch {
            return false
        }
    }

    private func beginning(_ first: RecordedEvent, of session: SessionIdentity) -> SessionState? {
        guard let event = try? EventRegistry.event(named: first.type.text, data: first.data) else { return nil }
        var state = SessionState(identity: session)
        let place = EventPosition(sequence: first.sequence, time: first.time, dataBytes: first.data.count)
        return (try? state.apply(event, at: place)).map { state }
    }
}
