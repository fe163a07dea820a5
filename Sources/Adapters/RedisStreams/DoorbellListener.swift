import EventLoop
import HoldpointCore
import HoldpointPorts
import RedisClient

/// What other nodes' doorbells and announcements mean here.
final class DoorbellListener: Sendable {
    private let node: NodeName
    private let local: any StreamBus
    private let announcements: Announcements
    /// What is watched here, by channel.
    private let watched = Locked<[String: DoorbellTopic]>([:])

    init(node: NodeName, local: any StreamBus, announcements: Announcements) {
        self.node = node
        self.local = local
        self.announcements = announcements
    }

    /// Notes that a topic is wanted; its channel.
    func watch(_ topic: DoorbellTopic) -> String {
        let channel = StreamNames.channel(topic)
        watched.withLock { $0[channel] = topic }
        return channel
    }

    /// Notes that a topic is not wanted any more; its channel.
    func unwatch(_ topic: DoorbellTopic) -> String {
        let channel = StreamNames.channel(topic)
        _ = watched.withLock { $0.removeValue(forKey: channel) }
        return channel
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

    private func doorbell(_ payload: [UInt8], from channel: String) -> Doorbell? {
        guard let topic = watched.withLock({ $0[channel] }),
            let message = DoorbellMessage(payload, in: topic.scope),
            // This node's own were heard when they were rung.
            message.node != node.text
        else { return nil }
        // A message on the channel of a feed is one for all of a turn.
        if case .feed(let scope) = topic { return news(of: scope) }
        // Whoever watches the feed as well hears of its news there.
        let hearsFeed = watched.withLock { $0[StreamNames.feed(message.session.scope)] != nil }
        let isOnFeed = message.isOnFeed && !hearsFeed
        return Doorbell(session: message.session, head: message.head, events: [], isOnFeed: isOnFeed)
    }

    /// Something may have been missed before the subscription stood: a doorbell without a head makes the reader look.
    private func doubt(about channel: String) -> Doorbell? {
        switch watched.withLock({ $0[channel] }) {
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
    fileprivate var scope: Scope {
        switch self {
        case .session(let session): session.scope
        case .feed(let scope): scope
        }
    }
}
