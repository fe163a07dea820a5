import HoldpointCore
import HoldpointPorts

/// The sessions in memory: finds them, rebuilds them, and lets idle ones go.
actor SessionDirectory {
    private struct Resident {
        let session: SessionActor
        /// The sweep in which it was last asked for.
        var lastUsed: Int
        /// Its pending requests, as they were when it was last seen.
        var requests: [RequestID] = []
    }

    private struct ScopedID: Hashable {
        let scope: Scope
        let id: SessionID

        /// Feeds the id alone, which seldom comes in many scopes.
        func hash(into hasher: inout Swift.Hasher) { hasher.combine(id) }
    }

    private let services: SessionServices
    private let loader: SessionLoader
    private var residents: [SessionKey: Resident] = [:]
    private var keys: [ScopedID: SessionKey] = [:]
    /// The pending requests of the sessions in memory, so that answers find them without a look into the store.
    private var requests: [RequestID: SessionKey] = [:]
    private var loading: [SessionKey: Signal] = [:]
    /// Sessions that only a later release can read, as they were met: their logs stay as they are while the shard is
    /// this node's, so that there is no need to read them again.
    private var released: Set<SessionReference> = []
    private var sweep = 0

    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(services: SessionServices) {
        self.services = services
        executor = services.ports.executors.executor()
        loader = SessionLoader(
            journal: services.ports.journal, hasher: services.ports.hasher, counters: services.counters)
    }

    /// How many sessions are in memory.
    var count: Int { residents.count }

    /// How many sessions were met that are left to nodes of a later release.
    var releasedCount: Int { released.count }

    /// The session of that key; nil if the scope has none (I5).
    func session(_ key: SessionKey, in scope: Scope) async throws(SessionFailure) -> SessionActor? {
        while let under = loading[key] {
            await under.wait()
        }
        // Others may have run meanwhile, so look afresh.
        if let found = use(key) { return found.identity.scope == scope ? found : nil }
        guard let fence = await services.ownership.fence(for: key.shard) else { throw .notOwner }
        if let found = use(key) { return found.identity.scope == scope ? found : nil }
        let reference = SessionReference(scope: scope, key: key)
        if released.contains(reference) { throw .newer("its log was looked into before") }
        if loading[key] != nil { return try await session(key, in: scope) }
        let finished = Signal(on: executor)
        loading[key] = finished
        let loaded: LoadedSession?
        do {
            loaded = try await loader.load(key, in: scope)
        } catch {
            loading[key] = nil
            await finished.set()
            switch error {
            case .failed(let reason): await quarantine(key, in: scope, reason: reason)
            case .newer: await release(reference, under: fence)
            default: break
            }
            throw error
        }
        let isOwned = await services.ownership.fence(for: key.shard)?.epoch == fence.epoch
        loading[key] = nil
        guard isOwned else {
            // The shard went to another node while the log was read: what was read may be overtaken already.
            await finished.set()
            throw .notOwner
        }
        let session = loaded.map { adopt(SessionActor($0, services: services)) }
        if let session { remember(loaded?.state.openRequests.map(\.request.id) ?? [], of: session) }
        await finished.set()
        return session
    }

    /// The session that the project knows by that id; nil if there is none.
    func session(_ id: SessionID, in scope: Scope) async throws(SessionFailure) -> SessionActor? {
        if let key = keys[ScopedID(scope: scope, id: id)], let found = use(key) { return found }
        let identity: SessionIdentity?
        do {
            identity = try await services.ports.journal.find(id, in: scope)
        } catch {
            throw SessionFailure(error)
        }
        guard let identity else { return nil }
        return try await session(identity.key, in: scope)
    }

    /// The session in memory in which a request was seen pending; nil if there is none, or it is of another scope (I5).
    func session(holding request: RequestID, in scope: Scope) -> SessionActor? {
        guard let key = requests[request], let found = use(key), found.identity.scope == scope else { return nil }
        return found
    }

    /// The session if it is in memory, without keeping it there.
    func resident(_ id: SessionID, in scope: Scope) -> SessionActor? {
        keys[ScopedID(scope: scope, id: id)].flatMap { residents[$0]?.session }
    }

    /// Makes a session that has no event yet; it is dropped again if its start is not committed.
    func begin(_ identity: SessionIdentity) -> SessionActor {
        if let known = residents[identity.key]?.session { return known }
        let session = SessionActor(starting: identity, services: services)
        // Not under its id yet: until the start is committed, the project may know another session by it.
        residents[identity.key] = Resident(session: session, lastUsed: sweep)
        return session
    }

    /// Gives a command to a session, and to the one that takes its place if it leaves memory in that moment.
    ///
    /// Most commands change nothing that the directory keeps, so they do not pass through it.
    nonisolated func perform(
        _ envelope: CommandEnvelope, on session: SessionActor
    ) async throws(SessionFailure) -> CommandOutcome {
        var session = session
        while true {
            do {
                let outcome = try await session.perform(envelope)
                if case .applied(let applied) = outcome, applied.isNews { await note(applied, of: session) }
                return outcome
            } catch .retired {
                session = try await successor(of: session)
            } catch .notOwner {
                await forget(session)
                throw .notOwner
            }
        }
    }

    private func note(_ applied: AppliedCommand, of session: SessionActor) async {
        guard applied.session.state.isStarted else { return }
        if applied.session.state.status.isFinal { return await dismiss(session) }
        name(session)
        remember(applied.session.state.openRequests.map(\.request.id), of: session)
    }

    private func successor(of session: SessionActor) async throws(SessionFailure) -> SessionActor {
        forget(session)
        let identity = session.identity
        return try await self.session(identity.key, in: identity.scope) ?? begin(identity)
    }

    /// Makes the pending requests of a session in memory known, and forgets those that are not pending any more.
    private func remember(_ pending: [RequestID], of session: SessionActor) {
        let key = session.identity.key
        guard let resident = residents[key], resident.session === session, resident.requests != pending else { return }
        for id in resident.requests { requests[id] = nil }
        for id in pending { requests[id] = key }
        residents[key]?.requests = pending
    }

    /// Lets a session go that will not be needed soon: one that ended, or whose start was not committed.
    func dismiss(_ session: SessionActor) async {
        if await session.retire() { forget(session) }
    }

    /// Lets sessions go that nobody asked for since the sweep before; called at intervals.
    func passivate() async {
        sweep += 1
        let isCrowded = residents.count > services.configuration.residentSessions
        let idle = residents.values.filter { $0.lastUsed < sweep - (isCrowded ? 0 : 1) }
        for resident in idle.sorted(by: { $0.session.identity.key < $1.session.identity.key }) {
            // It may have been asked for while others were let go.
            guard residents[resident.session.identity.key]?.lastUsed == resident.lastUsed else { continue }
            await dismiss(resident.session)
        }
    }

    /// Lets every session of a shard go once its turn is over: the shard is handed over.
    func drain(_ shard: Shard) async {
        for resident in inOrder where resident.session.identity.key.shard == shard {
            await resident.session.leave()
            forget(resident.session)
        }
        released = released.filter { $0.key.shard != shard }
    }

    /// Lets every session go at once: its shard is another node's, or will be.
    func dropAll() async {
        released = []
        let all = inOrder.map(\.session)
        for session in all { forget(session) }
        for session in all { await session.drop() }
    }

    /// The sessions in memory, in an order that no process's hashing changes.
    private var inOrder: [Resident] {
        residents.values.sorted { $0.session.identity.key < $1.session.identity.key }
    }

    /// The shards of sessions that have a call under way.
    func shardsWithCalls() async -> Set<Shard> {
        var shards: Set<Shard> = []
        for resident in inOrder where await resident.session.hasCallsUnderWay {
            shards.insert(resident.session.identity.key.shard)
        }
        return shards
    }

    /// Marks a session whose log cannot be folded: it says so from then on, and no deadline tries it again (I10).
    private func quarantine(_ key: SessionKey, in scope: Scope, reason: String) async {
        let mark: Void? = try? await services.setQuarantine(reason, of: key, in: scope)
        if mark != nil { await services.counters.countQuarantine() }
    }

    /// Leaves a session to the nodes of a later release: it is neither judged nor marked, and what is stored for it
    /// waits until such a node owns its shard.
    private func release(_ session: SessionReference, under fence: Fence) async {
        guard await services.ownership.fence(for: fence.shard)?.epoch == fence.epoch,
            released.count < services.configuration.releasedSessions
        else { return }
        released.insert(session)
    }

    private func use(_ key: SessionKey) -> SessionActor? {
        guard let found = residents[key] else { return nil }
        residents[key]?.lastUsed = sweep
        return found.session
    }

    private func adopt(_ session: SessionActor) -> SessionActor {
        residents[session.identity.key] = Resident(session: session, lastUsed: sweep)
        name(session)
        return session
    }

    /// Lets a session that is started be found by its id.
    private func name(_ session: SessionActor) {
        let identity = session.identity
        guard let resident = residents[identity.key], resident.session === session else { return }
        for id in resident.requests { requests[id] = nil }
        keys[ScopedID(scope: identity.scope, id: identity.id)] = identity.key
    }

    private func forget(_ session: SessionActor) {
        let identity = session.identity
        guard let resident = residents[identity.key], resident.session === session else { return }
        for id in resident.requests { requests[id] = nil }
        residents[identity.key] = nil
        let id = ScopedID(scope: identity.scope, id: identity.id)
        if keys[id] == identity.key { keys[id] = nil }
    }
}
