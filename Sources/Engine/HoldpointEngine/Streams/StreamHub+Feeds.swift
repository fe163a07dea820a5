import HoldpointCore
import HoldpointPorts

/// The watchers of one project's feed.
struct FeedWatch {
    var subscribers: [FeedSubscriber] = []
    /// How many others want to hear of news without being sent it.
    var listeners = 0
    /// Whether somebody reads the journal for the live subscribers, and whether news came meanwhile.
    var isReading = false
    var isStale = false
}

/// One subscriber of a project's feed.
struct FeedSubscriber {
    let id: SubscriberID
    let sink: any EventSink
    /// The event types it wants; nil means all.
    let types: Set<EventType>?
    /// The place of the last item that it was given or that was not for it.
    var last: FeedPosition
    /// Whether it has caught up, so that news goes to it directly.
    var isLive: Bool
}

extension StreamHub {
    /// Subscribes to a project's feed after a position; see `SessionGateway.watch(feedOf:…)`.
    func watch(
        feedOf scope: Scope, after position: FeedPosition, types: Set<EventType>?, subscriber: SubscriberID,
        sink: any EventSink
    ) async throws(JournalError) {
        places[SubscriberPlace(subscriber, sink)] = .feed(scope)
        if feeds[scope] == nil { services.ports.streams.watch(.feed(scope)) }
        feeds[scope, default: FeedWatch()].subscribers.append(
            FeedSubscriber(id: subscriber, sink: sink, types: types, last: position, isLive: false))
        do {
            try await catchUp(feedOf: scope, subscriber: subscriber, sink: sink)
        } catch {
            unwatch(subscriber, sink: sink)
            throw error
        }
    }

    /// Reads what is new on a feed and passes it on; several calls at once become one more round of the first.
    func distributeFeed(of scope: Scope) async {
        guard let watch = feeds[scope] else { return }
        if watch.isReading {
            feeds[scope]?.isStale = true
            return
        }
        feeds[scope]?.isReading = true
        while let from = feeds[scope]?.subscribers.filter(\.isLive).map(\.last).min() {
            feeds[scope]?.isStale = false
            let page = try? await services.ports.journal.feed(
                in: scope, after: from, limit: services.configuration.watchPage)
            // With the store away, the next comparison of heads tries again.
            guard let page else { break }
            for item in page { pass(item, in: scope, readAfter: from) }
            if isLast(page.map(\.event)), feeds[scope]?.isStale != true { break }
        }
        feeds[scope]?.isReading = false
    }

    /// Sends an item to those live subscribers who had everything before the page that it is in; the others' turn
    /// comes with a page of their own.
    private func pass(_ item: FeedItem, in scope: Scope, readAfter from: FeedPosition) {
        guard var watch = feeds[scope] else { return }
        let wire = WireEvent(item)
        var receivers: [SubscriberID] = []
        var sink: (any EventSink)?
        func send() {
            if let sink, !receivers.isEmpty { sink.send(wire, to: receivers) }
            receivers = []
        }
        for index in watch.subscribers.indices
        where watch.subscribers[index].isLive && watch.subscribers[index].last >= from
            && watch.subscribers[index].last < item.position
        {
            watch.subscribers[index].last = item.position
            guard watch.subscribers[index].wants(item) else { continue }
            if sink !== watch.subscribers[index].sink {
                send()
                sink = watch.subscribers[index].sink
            }
            receivers.append(watch.subscribers[index].id)
        }
        send()
        feeds[scope] = watch
    }

    private func catchUp(
        feedOf scope: Scope, subscriber: SubscriberID, sink: any EventSink
    ) async throws(JournalError) {
        while let before = place(of: subscriber, sink: sink, in: scope) {
            let last = feeds[scope]?.subscribers[before].last ?? .start
            let page = try await services.ports.journal.feed(
                in: scope, after: last, limit: services.configuration.watchPage)
            guard let place = place(of: subscriber, sink: sink, in: scope), let current = feeds[scope] else { return }
            for item in page where current.subscribers[place].wants(item) {
                sink.send(WireEvent(item), to: [subscriber])
            }
            feeds[scope]?.subscribers[place].last = page.last?.position ?? last
            if isLast(page.map(\.event)) {
                feeds[scope]?.subscribers[place].isLive = true
                // What was committed while the page was read rang before this subscriber was live.
                return await distributeFeed(of: scope)
            }
            if await !sink.drained(subscriber) { return unwatch(subscriber, sink: sink) }
        }
    }

    private func place(of subscriber: SubscriberID, sink: any EventSink, in scope: Scope) -> Int? {
        feeds[scope]?.subscribers.firstIndex { $0.id == subscriber && $0.sink === sink }
    }
}

extension FeedSubscriber {
    fileprivate func wants(_ item: FeedItem) -> Bool { types?.contains(item.event.type) ?? true }
}

extension WireEvent {
    fileprivate convenience init(_ item: FeedItem) {
        self.init(item.event, of: item.session.id, id: item.position.description)
    }
}
