import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import Synchronization

/// A subscriber who is cut off now and then, and resumes after the last event it has: no gap and no double.
struct WatcherScript: Sendable {
    /// What is watched.
    enum Target: Sendable {
        case session(SessionID, isOver: @Sendable () -> Bool)
        /// The feed, until all agents have gone home and everything was seen.
        case feed(isOver: @Sendable () -> Bool)
    }

    private enum Watch {
        case streaming
        case nothingLeft
        case failed
    }

    let world: World
    let number: UInt64
    let target: Target

    func run() async {
        let seen = Guarded(SeenEvents())
        while !Task.isCancelled {
            guard let node = world.anyNode else {
                await world.sleep(upTo: 1_000)
                continue
            }
            let sink = SimulatedSink(world: world, target: target, seen: seen, node: node)
            switch await begin(seen.withState { $0 }, sink, at: node) {
            case .nothingLeft: return endOfSession(seen.withState { $0 })
            case .failed:
                sink.cut()
                await world.sleep(upTo: 1_000)
                continue
            case .streaming: break
            }
            repeat {
                await world.sleep(upTo: 4_000)
                if isDone(seen.withState { $0 }) { return sink.cut() }
            } while !Task.isCancelled && sink.isOpen
                && !(world.isChaotic && world.chance.below(5) == 0)
            await leave(sink, node)
        }
    }

    private func begin(_ seen: SeenEvents, _ sink: SimulatedSink, at node: Node) async -> Watch {
        let subscriber = SubscriberID(number)
        let reply: Reply<WatchStart>
        switch target {
        case .session(let id, _):
            reply = await node.call { [scope = world.scope] engine throws(GatewayError) in
                try await engine.watch(
                    session: id, in: scope, after: seen.sequence, subscriber: subscriber, sink: sink)
            }
        case .feed:
            reply = await node.call { [scope = world.scope] engine throws(GatewayError) in
                try await engine.watch(
                    feedOf: scope, after: seen.position, types: nil, subscriber: subscriber, sink: sink)
            }
        }
        switch reply {
        case .done(.streaming): return .streaming
        case .done(.nothingLeft): return .nothingLeft
        case .rejected(let rejection):
            world.withModel { $0.fail("refusal", "watch: \(rejection)") }
            return .failed
        case .unavailable, .lost: return .failed
        }
    }

    /// Leaves as a browser does: its connection is closed, and the transport tells the engine.
    private func leave(_ sink: SimulatedSink, _ node: Node) async {
        let subscriber = SubscriberID(number)
        let reply: Reply<Bool> = await node.call { engine in
            await engine.unwatch(subscriber, sink: sink)
            return true
        }
        // Without an answer the transport died with the node.
        if case .done = reply { sink.forbid() }
        sink.cut()
    }

    private func isDone(_ seen: SeenEvents) -> Bool {
        let store = world.journal.contents
        switch target {
        case .feed(let isOver):
            return isOver() && seen.position == (store.feed(of: world.scope).last?.position ?? .start)
        case .session(let id, let isOver):
            // The stream of a session that ends must end with it; only one that was left has no end.
            guard isOver(), let session = store.session(named: id, in: world.scope) else { return false }
            return !session.summary.status.isFinal && seen.sequence == session.head
        }
    }

    private func endOfSession(_ seen: SeenEvents) {
        guard case .session(let id, _) = target else { return }
        let head = world.journal.contents.session(named: id, in: world.scope)?.head ?? 0
        if seen.sequence != head {
            world.withModel { $0.fail("stream", "the stream of \(id) ended at \(seen.sequence), its log at \(head)") }
        }
    }
}

/// How far a subscriber has come.
struct SeenEvents: Sendable {
    var sequence: Int64 = 0
    var position = FeedPosition.start
}

/// The transport's side of one subscription.
final class SimulatedSink: EventSink {
    private let world: World
    private let target: WatcherScript.Target
    private let seen: Guarded<SeenEvents>
    /// The node that it was made for: another's events do not come through its connection.
    private let node: Node
    private let open = Atomic(true)
    private let forbidden = Atomic(false)

    init(world: World, target: WatcherScript.Target, seen: Guarded<SeenEvents>, node: Node) {
        self.world = world
        self.target = target
        self.seen = seen
        self.node = node
    }

    /// Whether the connection stands.
    var isOpen: Bool { open.load(ordering: .acquiring) && node.isAlive }

    /// Closes the connection from outside.
    func cut() { open.store(false, ordering: .releasing) }

    /// From now on nothing may be sent here.
    func forbid() { forbidden.store(true, ordering: .releasing) }

    func send(_ event: WireEvent, to subscribers: [SubscriberID]) {
        guard node.isAlive else { return }
        if forbidden.load(ordering: .acquiring) {
            world.withModel { $0.fail("stream", "event \(event.id) was sent after the subscription was ended") }
        }
        guard isOpen else { return }
        for _ in subscribers { receive(event) }
    }

    func end(_ subscribers: [SubscriberID]) { cut() }

    func drained(_ subscriber: SubscriberID) async -> Bool {
        await Task.yield()
        return isOpen
    }

    private func receive(_ event: WireEvent) {
        let before = seen.withState { $0 }
        let store = world.journal.contents
        let expected: RecordedEvent?
        let id: String
        switch target {
        case .session(let name, _):
            let session = store.session(named: name, in: world.scope)
            expected = session?.events.dropFirst(Int(before.sequence)).first
            id = String(before.sequence + 1)
            seen.withState { $0.sequence += 1 }
        case .feed:
            let item = store.feed(of: world.scope).first { $0.position > before.position }
            expected = item?.event
            id = item?.position.description ?? "none"
            if let item { seen.withState { $0.position = item.position } }
        }
        world.withModel { model in
            model.judgeSecrecy(of: event.json, in: "stream event \(event.id)")
            guard event.id == id else { return model.fail("stream", "event \(event.id) came in the place of \(id)") }
            guard let expected, event.type == expected.type,
                event.json.dropLast().suffix(expected.data.count).elementsEqual(expected.data)
            else { return model.fail("I1", "event \(id) came, which is not in the log") }
        }
    }
}
