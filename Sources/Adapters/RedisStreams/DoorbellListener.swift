import EventLoop
import HoldpointCore
import HoldpointPorts
import RedisClient

/// What other nodes' doorbells and announcements mean here, and which channels they are heard on.
///
/// A session of a shard that this node serves rings here and nowhere else: its channel is not listened to until the
/// shard is lost. What is missed until then is found like all that was missed before a subscription stood.
final class DoorbellListener: Sendable {
    private struct Watched {
        let topic: DoorbellTopic
        var isSubscribed: Bool
    }

    private struct State {
        /// What is watched here, by channel.
        var watched: [String: Watched] = [:]
        var served: Set<Shard> = []
    }

    private let node: NodeName
    private let local: any StreamBus
    private let announcements: Announcements
    private let state = Locked(State())

    init(node: NodeName, local: any StreamBus, announcements: Announcements) {
        self.node = node
        self.local = local
        self.announcements = announcements
    }

    /// Notes that a topic is wanted; its channel, if it must be listened to.
    func watch(_ topic: DoorbellTopic) -> String? {
        let channel = StreamNames.channel(topic)
        return state.withLock { state in
            let isSubscribed = !topic.isHeardHere(by: state.served)
            state.watched[channel] = Watched(topic: topic, isSubscribed: isSubscribed)
            return isSubscribed ? channel : nil
        }
    }

    /// Notes that a topic is not wanted any more; its channel, if it was listened to.
    func unwatch(_ topic: DoorbellTopic) -> String? {
        let channel = StreamNames.channel(topic)
        let watched = state.withLock { $0.watched.removeValue(forKey: channel) }
        return watched?.isSubscribed == true ? channel : nil
    }

    /// Notes which shards this node serves; the channels of watched sessions that ring elsewhere from now on.
    func serve(_ shards: [Shard]) -> [String] {
        state.withLock { state in
            state.served = Set(shards)
            let channels = state.watched.filter { !$1.isSubscribed && !$1.topic.isHeardHere(by: state.served) }.keys
            for channel in channels { state.watched[channel]?.isSubscribed = true }
            return channels.sorted()
        }
    }

    func receive(_ push: RedisPush) {
        switch push {
        case .message(StreamNames.outcomes(node), let payload):
            if let command = StoredCommandID(String(decoding: payload, as: UTF8.self)) { announcements.put(command) }
        case .message(let channel, let payload):
            if let doorbell = doorbell(payload, from: channel) { local.ring(doorbell) }
        case .subscribed(let channel):
            if let doorbell = doubt(about: channel) { local.ring(doorbell) }
        }
    }

    private func watched(on channel: String) -> DoorbellTopic? { state.withLock { $0.watched[channel]?.topic } }

    private func doorbell(_ payload: [UInt8], from channel: String) -> Doorbell? {
        guard let topic = watched(on: channel),
            let message = DoorbellMessage(payload, in: topic.scope),
            // This node's own were heard when they were rung.
            message.node != node.text
        else { return nil }
        // A message on the channel of a feed is one for all of a turn.
        if case .feed(let scope) = topic { return news(of: scope) }
        // Whoever watches the feed as well hears of its news there.
        let hearsFeed = watched(on: StreamNames.feed(message.session.scope)) != nil
        let isOnFeed = message.isOnFeed && !hearsFeed
        return Doorbell(session: message.session, head: message.head, events: [], isOnFeed: isOnFeed)
    }

    /// Something may have been missed before the subscription stood: a doorbell without a head makes the reader look.
    private func doubt(about channel: String) -> Doorbell? {
        switch watched(on: channel) {
        case .session(let session): return Doorbell(session: session, head: 0, events: [], isOnFeed: false)
        case .feed(let scope): return news(of: scope)
        case nil: return nil
        }
    }

    /// A doorbell for a feed and no session; each scope has a key of its own, so that queues keep them apart.
    private func news(of scope: Scope) -> Doorbell? {
        let key = SessionKey(Identifier128(high: 0, low: UInt64(bitPattern: Int64(scope.hashValue))))
        guard let id = try? SessionID("-") else { return nil }
        let nobody = SessionIdentity(scope: scope, key: key, id: id)
        return Doorbell(session: nobody, head: 0, events: [], isOnFeed: true)
    }
}

extension DoorbellTopic {
    /// Whether all its news comes from this node, which serves these shards.
    fileprivate func isHeardHere(by served: Set<Shard>) -> Bool {
        switch self {
        case .session(let session): served.contains(session.key.shard)
        case .feed: false
        }
    }

    fileprivate var scope: Scope {
        switch self {
        case .session(let session): session.scope
        case .feed(let scope): scope
        }
    }
}
