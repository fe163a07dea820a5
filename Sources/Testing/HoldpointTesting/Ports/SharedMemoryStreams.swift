package import HoldpointCore
package import HoldpointPorts

/// The live side that several nodes share, in memory, as Redis has it; nothing of it is ever needed (I4).
///
/// A stream of deliveries for each shard with one group of readers, doorbells for whoever watches, outcomes by node.
package final class SharedMemoryStreams: Sendable {
    /// A delivery on its shard's stream, which stays until somebody acknowledges it.
    private struct Entry: Sendable {
        let delivery: CommandDelivery
        /// The life of a node that has taken it, if one has.
        var holder: Int?
    }

    private struct State: Sendable {
        var lives: [SharedMemoryStreamsEnd] = []
        var lastLife = 0
        var entries: [Shard: [Entry]] = [:]
    }

    private let state = Guarded(State())
    private let entropy: SeededEntropy

    /// - Parameter entropy: picks who reads an entry when several nodes take a shard for theirs.
    package init(entropy: SeededEntropy) {
        self.entropy = entropy
    }

    /// The end of one life of a node.
    package func join(_ node: NodeName) -> SharedMemoryStreamsEnd {
        state.withState { state in
            state.lastLife += 1
            let end = SharedMemoryStreamsEnd(life: state.lastLife, node: node, shared: self)
            state.lives.append(end)
            return end
        }
    }

    /// Forgets a life that is over; what it took stays with it until another comes to serve the shard.
    package func leave(_ end: SharedMemoryStreamsEnd) { state.withState { $0.lives.removeAll { $0 === end } } }

    /// Loses everything that lies in the streams, taken or not.
    package func flush() { state.withState { $0.entries = [:] } }

    fileprivate func ring(_ doorbell: Doorbell, from sender: SharedMemoryStreamsEnd) {
        // What travels between nodes is the number only: readers look into the journal for the rest.
        let bare = Doorbell(
            session: doorbell.session, head: doorbell.head, events: [], isOnFeed: doorbell.isOnFeed)
        for end in others(than: sender) where end.wants(doorbell) { end.local.ring(bare) }
    }

    fileprivate func announce(_ command: StoredCommandID, to node: NodeName, from sender: SharedMemoryStreamsEnd) {
        for end in others(than: sender) where end.node == node { end.announcements.append(command) }
    }

    private func others(than sender: SharedMemoryStreamsEnd) -> [SharedMemoryStreamsEnd] {
        state.withState { $0.lives }.filter { $0 !== sender && !$0.isCut }
    }

    fileprivate func deliver(_ delivery: CommandDelivery) {
        let shard = delivery.session.key.shard
        let reader = state.withState { state in
            let readers = state.lives.filter { !$0.isCut && $0.serves(shard) }
            let reader = readers.isEmpty ? nil : readers[entropy.below(readers.count)]
            state.entries[shard, default: []].append(Entry(delivery: delivery, holder: reader?.life))
            return reader
        }
        reader?.local.deliver(delivery)
    }

    fileprivate func acknowledge(_ delivery: CommandDelivery) {
        state.withState { $0.entries[delivery.session.key.shard]?.removeAll { $0.delivery == delivery } }
    }

    /// Gives a node what lies in the streams of shards that it comes to serve, whoever had taken it before.
    fileprivate func claim(_ shards: [Shard], by end: SharedMemoryStreamsEnd) {
        let claimed = state.withState { state in
            shards.flatMap { shard -> [CommandDelivery] in
                for index in (state.entries[shard] ?? []).indices { state.entries[shard]?[index].holder = end.life }
                return state.entries[shard]?.map(\.delivery) ?? []
            }
        }
        for delivery in claimed { end.local.deliver(delivery) }
    }
}

/// One life's end of streams that nodes share; its own doorbells come back to it whatever becomes of the streams.
package final class SharedMemoryStreamsEnd: StreamBus {
    private struct State: Sendable {
        var isCut = false
        var served: Set<Shard> = []
        var topics: Set<DoorbellTopic> = []
    }

    fileprivate let life: Int
    fileprivate let node: NodeName
    fileprivate let local = MemoryStreams()
    fileprivate let announcements = MemoryQueue<StoredCommandID>()
    private let shared: SharedMemoryStreams
    private let state = Guarded(State())

    fileprivate init(life: Int, node: NodeName, shared: SharedMemoryStreams) {
        self.life = life
        self.node = node
        self.shared = shared
    }

    /// Whether nothing passes between this node and the others.
    package var isCut: Bool { state.read { $0.isCut } }

    /// Cuts the node off from the streams, or lets it join again.
    package func cut(_ isCut: Bool) {
        let served = state.withState { state in
            state.isCut = isCut
            return state.served.sorted()
        }
        if !isCut { shared.claim(served, by: self) }
    }

    fileprivate func serves(_ shard: Shard) -> Bool { state.read { $0.served.contains(shard) } }

    fileprivate func wants(_ doorbell: Doorbell) -> Bool {
        state.read { state in
            state.topics.contains(.session(doorbell.session))
                || doorbell.isOnFeed && state.topics.contains(.feed(doorbell.session.scope))
        }
    }

    package func ring(_ doorbell: Doorbell) {
        local.ring(doorbell)
        if !isCut { shared.ring(doorbell, from: self) }
    }

    package func nextDoorbells() async -> [Doorbell] { await local.nextDoorbells() }

    package func deliver(_ delivery: CommandDelivery) {
        if !isCut { return shared.deliver(delivery) }
        if serves(delivery.session.key.shard) { local.deliver(delivery) }
    }

    package func nextDeliveries() async -> [CommandDelivery] { await local.nextDeliveries() }

    package func acknowledge(_ delivery: CommandDelivery) { if !isCut { shared.acknowledge(delivery) } }

    package func announce(_ command: StoredCommandID, to node: NodeName) {
        if node == self.node { return announcements.append(command) }
        if !isCut { shared.announce(command, to: node, from: self) }
    }

    package func nextAnnouncements() async -> [StoredCommandID] { await announcements.next() }

    package func serve(_ shards: [Shard]) {
        let gained = state.withState { state in
            defer { state.served = Set(shards) }
            return shards.filter { !state.served.contains($0) }
        }
        if !isCut { shared.claim(gained, by: self) }
    }

    package func watch(_ topic: DoorbellTopic) { state.withState { _ = $0.topics.insert(topic) } }

    package func unwatch(_ topic: DoorbellTopic) { state.withState { _ = $0.topics.remove(topic) } }

    package var problem: String? { isCut ? "the streams are cut off" : nil }

    package func close() {
        shared.leave(self)
        local.close()
        announcements.close()
    }
}
