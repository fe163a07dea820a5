import HoldpointCore
import HoldpointPorts

/// The projects whose feeds have news for the audit, and what is known of their logs.
///
/// It only hurries things: what is not in it, or was dropped for want of room, the sweep finds.
actor AuditQueue {
    /// Projects with news, each with since when it waits.
    private var due: [Scope: Timestamp] = [:]
    /// Those that are being audited, each with since when the oldest of its events waits.
    private var underWay: [Scope: Timestamp] = [:]
    /// Where logs end, as this node left them; the store finds out if another node has written since.
    private var states: [Scope: AuditState] = [:]
    private var openings: AuditedOpenings
    private var listened: Set<Scope> = []
    private var waiting: [Scope: [Signal]] = [:]
    private var alarm: Signal?
    private var isClosed = false
    private let capacity: Int
    private let clock: any Clock
    private let tenure: NodeTenure
    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(on executor: any Actor, clock: any Clock, configuration: EngineConfiguration, tenure: NodeTenure) {
        self.executor = executor
        self.clock = clock
        self.tenure = tenure
        capacity = configuration.auditProjects
        openings = AuditedOpenings(capacity: configuration.auditRequests)
    }

    /// Takes in that feeds have news; what another node audits is left to that one.
    func note(_ scopes: some Sequence<Scope> & Sendable) async {
        let now = clock.now()
        for scope in scopes {
            guard tenure.serves(Shard(auditing: scope)) else {
                // The one that audits it rings once it has: this may be that.
                await tell(scope)
                continue
            }
            if !isClosed, due[scope] == nil, due.count < capacity { due[scope] = now }
        }
        if !due.isEmpty, let bell = alarm {
            alarm = nil
            await bell.set()
        }
    }

    /// Waits until a project has news; false once the queue is closed.
    func waitForNews() async -> Bool {
        while !isClosed, due.isEmpty {
            let bell = Signal(on: executor)
            alarm = bell
            await bell.wait()
        }
        return !isClosed
    }

    /// The projects with news, those first that wait longest; they are under way until `finished` is called.
    func takeAll() -> [Scope] {
        let taken = due.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        for (scope, since) in taken { underWay[scope] = min(underWay[scope] ?? since, since) }
        due = [:]
        return taken.map(\.key)
    }

    /// Notes of when the oldest event is that is not audited yet.
    func note(oldest time: Timestamp, of scope: Scope) {
        if let known = underWay[scope] { underWay[scope] = min(known, time) }
    }

    /// Says that a project's turn is over; if events are left, another one comes.
    func finished(_ scope: Scope, isDone: Bool) async {
        underWay[scope] = nil
        if !isDone { await note([scope]) }
    }

    /// How many projects wait, and for how many milliseconds the oldest event does.
    func backlog() -> (projects: Int, milliseconds: Int64) {
        let oldest = [due.values.min(), underWay.values.min()].compactMap { $0 }.min()
        let waited = oldest.map { max(0, clock.now().milliseconds - $0.milliseconds) } ?? 0
        return (due.count + underWay.count, waited)
    }

    /// Lets nothing new begin, for ever.
    func close() async {
        isClosed = true
        due = [:]
        for scope in waiting.keys.sorted() { await tell(scope) }
        await alarm?.set()
        alarm = nil
    }

    // MARK: What is remembered

    /// Where a log ends, if it is known.
    func state(of scope: Scope) -> AuditState? { states[scope] }

    /// Keeps, or forgets, where a log ends.
    func remember(_ state: AuditState?, of scope: Scope) {
        if state != nil, states.count >= capacity, states[scope] == nil { states = [:] }
        states[scope] = state
    }

    /// Keeps what a request asked until it is decided.
    func remember(_ asked: AuditedOpening, of request: RequestID) { openings.add(asked, of: request) }

    /// What a request asked, if it is still known; it is not from then on.
    func takeOpening(of request: RequestID) -> AuditedOpening? { openings.take(request) }

    // MARK: Listening

    /// Whether this node is to begin listening to a feed that it audits.
    func beginsListening(to scope: Scope) -> Bool {
        tenure.isShared && listened.count < capacity && listened.insert(scope).inserted
    }

    /// Feeds that were listened to and that other nodes audit by now; they are not listened to any more.
    func takeForeign() -> [Scope] {
        let foreign = listened.filter { !tenure.serves(Shard(auditing: $0)) }
        listened.subtract(foreign)
        return foreign.sorted()
    }

    // MARK: Waiting

    /// A signal that is set with the next news of a project's feed or audit.
    func awaitNews(of scope: Scope) async -> Signal {
        let signal = Signal(on: executor)
        if isClosed { await signal.set() } else { waiting[scope, default: []].append(signal) }
        return signal
    }

    /// Forgets a signal, whether it was set or not.
    func forget(_ signal: Signal, of scope: Scope) {
        waiting[scope]?.removeAll { $0 === signal }
        if waiting[scope]?.isEmpty == true { waiting[scope] = nil }
    }

    /// Tells those who wait that a project's log has grown.
    func tell(_ scope: Scope) async {
        for signal in waiting.removeValue(forKey: scope) ?? [] { await signal.set() }
    }
}
