import HoldpointCore
import HoldpointPorts

/// Brings committed events to subscribers: each event once, in order, whatever doorbells do (I1, I4).
///
/// A subscriber is registered first and reads the journal then, so nothing falls between the two; what is still held
/// since its commit need not be read. What a doorbell brings is passed on only if it is the next event; else the
/// journal is read again.
actor StreamHub {
    let services: SessionServices
    var sessions: [SessionKey: SessionWatch] = [:]
    var feeds: [Scope: FeedWatch] = [:]
    var recent: RecentEvents
    /// Where each subscriber is, so that one that leaves is found without a search.
    var places: [SubscriberPlace: WatchedTarget] = [:]

    nonisolated let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(services: SessionServices) {
        self.services = services
        recent = RecentEvents(capacity: services.configuration.recentEventBytes)
        executor = services.ports.executors.executor()
    }

    /// Distributes news until the bus is closed.
    func run() async {
        while true {
            let doorbells = await services.ports.streams.nextDoorbells()
            if doorbells.isEmpty { break }
            var scopes: Set<Scope> = []
            var audited: Set<Scope> = []
            var doubtful: Set<SessionKey> = []
            for doorbell in doorbells {
                recent.add(doorbell.events, of: doorbell.session.key)
                if sessions[doorbell.session.key] != nil {
                    if doorbell.head == 0 { doubtful.insert(doorbell.session.key) } else { await note(doorbell) }
                }
                guard doorbell.isOnFeed else { continue }
                audited.insert(doorbell.session.scope)
                if feeds[doorbell.session.scope] != nil { scopes.insert(doorbell.session.scope) }
            }
            if !audited.isEmpty { await services.audit.note(audited) }
            if !doubtful.isEmpty { await checkHeads(of: doubtful.sorted()) }
            for scope in scopes.sorted() { await distributeFeed(of: scope) }
        }
    }

    /// Compares the heads of everything watched with the journal, at intervals until the engine stops: a doorbell
    /// may have been lost.
    func checkHeadsRegularly(until stop: Signal) async {
        let clock = services.ports.clock
        while await !stop.isSet {
            await stop.wait(
                orUntil: clock.now().adding(milliseconds: services.configuration.headCheckMilliseconds), clock: clock)
            await checkHeads()
        }
    }

    /// Ends every stream: the node stops.
    func endAll() {
        for key in sessions.keys.sorted() {
            for subscriber in sessions[key]?.subscribers ?? [] { subscriber.sink.end([subscriber.id]) }
        }
        for scope in feeds.keys.sorted() {
            for subscriber in feeds[scope]?.subscribers ?? [] { subscriber.sink.end([subscriber.id]) }
        }
        sessions = [:]
        feeds = [:]
        places = [:]
    }

    /// Whether nothing follows a page: neither its count nor its bytes reached the limit.
    func isLast(_ page: [RecordedEvent]) -> Bool {
        page.count < services.configuration.watchPage && !JournalPage.isFull(page)
    }

    /// Ends a subscription of either kind.
    func unwatch(_ subscriber: SubscriberID, sink: any EventSink) {
        switch places.removeValue(forKey: SubscriberPlace(subscriber, sink)) {
        case .session(let key):
            sessions[key]?.subscribers.removeAll { $0.id == subscriber && $0.sink === sink }
            dropIfIdle(key)
        case .feed(let scope):
            feeds[scope]?.subscribers.removeAll { $0.id == subscriber && $0.sink === sink }
            dropIfIdle(scope)
        case nil:
            return
        }
    }

    private func checkHeads() async {
        await checkHeads(of: sessions.keys.sorted())
        for scope in feeds.keys.sorted() { await distributeFeed(of: scope) }
    }

    private func checkHeads(of keys: [SessionKey]) async {
        let watched = keys.compactMap { sessions[$0]?.session.reference }
        for start in stride(from: 0, to: watched.count, by: services.configuration.timerPage) {
            let part = Array(watched[start..<min(start + services.configuration.timerPage, watched.count)])
            guard let heads = try? await services.ports.journal.heads(of: part) else { return }
            for reference in part {
                guard let head = heads[reference.key], let session = sessions[reference.key]?.session else { continue }
                await note(Doorbell(session: session, head: head, events: [], isOnFeed: false))
            }
        }
    }
}

/// A subscriber of any sink.
struct SubscriberPlace: Hashable {
    private let sink: ObjectIdentifier
    private let id: SubscriberID

    init(_ id: SubscriberID, _ sink: any EventSink) {
        self.sink = ObjectIdentifier(sink)
        self.id = id
    }
}

/// What a subscriber watches.
enum WatchedTarget {
    case session(SessionKey)
    case feed(Scope)
}
