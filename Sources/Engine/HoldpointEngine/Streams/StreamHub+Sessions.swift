import HoldpointCore
import HoldpointPorts

/// One watched session.
struct SessionWatch {
    let session: SessionIdentity
    /// The highest head that a doorbell or the journal spoke of.
    var head: Int64
    var subscribers: [SessionSubscriber] = []
    /// Callers who wait for the session to change.
    var waiting: [(since: Int64, signal: Signal)] = []
    /// Whether somebody reads the journal for the live subscribers.
    var isReading = false

    var isIdle: Bool { subscribers.isEmpty && waiting.isEmpty }
}

/// One subscriber of a session's events.
struct SessionSubscriber {
    let id: SubscriberID
    let sink: any EventSink
    /// The number of the last event sent to it.
    var last: Int64
    /// Whether it has caught up, so that news goes to it directly.
    var isLive: Bool
}

extension StreamHub {
    /// Subscribes to a session; see `SessionGateway.watch(session:…)`.
    func watch(
        _ session: SessionIdentity, head: Int64, isFinal: Bool, after sequence: Int64, subscriber: SubscriberID,
        sink: any EventSink
    ) async throws(JournalError) -> WatchStart {
        if isFinal, sequence >= head { return .nothingLeft }
        places[SubscriberPlace(subscriber, sink)] = .session(session.key)
        if sessions[session.key] == nil { services.ports.streams.watch(.session(session)) }
        sessions[session.key, default: SessionWatch(session: session, head: head)].subscribers.append(
            SessionSubscriber(id: subscriber, sink: sink, last: sequence, isLive: false))
        noteHead(head, of: session.key)
        do {
            try await catchUp(session, subscriber: subscriber, sink: sink)
        } catch {
            unwatch(subscriber, sink: sink)
            throw error
        }
        return .streaming
    }

    /// A signal that is set once the session has an event after `sequence`.
    func awaitChange(of session: SessionIdentity, since sequence: Int64) async -> Signal {
        let signal = Signal(on: executor)
        let head = sessions[session.key]?.head ?? 0
        if head > sequence {
            await signal.set()
        } else {
            if sessions[session.key] == nil { services.ports.streams.watch(.session(session)) }
            sessions[session.key, default: SessionWatch(session: session, head: sequence)].waiting.append(
                (sequence, signal))
        }
        return signal
    }

    /// Forgets a signal, whether it was set or not.
    func forget(_ signal: Signal, of session: SessionIdentity) {
        sessions[session.key]?.waiting.removeAll { $0.signal === signal }
        dropIfIdle(session.key)
    }

    /// Takes in news of a session.
    func note(_ doorbell: Doorbell) async {
        let key = doorbell.session.key
        guard sessions[key] != nil else { return }
        noteHead(doorbell.head, of: key)
        for event in doorbell.events { pass(event, of: doorbell.session) }
        for (_, signal) in takeWaiting(key) { await signal.set() }
        await readGap(key)
    }

    private func takeWaiting(_ key: SessionKey) -> [(since: Int64, signal: Signal)] {
        guard let watch = sessions[key], !watch.waiting.isEmpty else { return [] }
        let ready = watch.waiting.filter { $0.since < watch.head }
        sessions[key]?.waiting.removeAll { $0.since < watch.head }
        dropIfIdle(key)
        return ready
    }

    private func noteHead(_ head: Int64, of key: SessionKey) {
        if let known = sessions[key]?.head, known < head { sessions[key]?.head = head }
    }

    /// Sends an event to those live subscribers for whom it is the next.
    private func pass(_ event: RecordedEvent, of session: SessionIdentity) {
        guard var watch = sessions[session.key] else { return }
        var wire: WireEvent?
        var receivers: [SubscriberID] = []
        var sink: (any EventSink)?
        func send() {
            if let wire, let sink, !receivers.isEmpty { sink.send(wire, to: receivers) }
            receivers = []
        }
        for index in watch.subscribers.indices
        where watch.subscribers[index].isLive && watch.subscribers[index].last == event.sequence - 1 {
            watch.subscribers[index].last = event.sequence
            if wire == nil { wire = WireEvent(event, of: session.id) }
            // Subscribers of one sink follow one another nearly always: one call serves them all.
            if sink !== watch.subscribers[index].sink {
                send()
                sink = watch.subscribers[index].sink
            }
            receivers.append(watch.subscribers[index].id)
        }
        send()
        if let wire, wire.endsSession { end(&watch, at: event.sequence) }
        sessions[session.key] = watch
        dropIfIdle(session.key)
    }

    private func end(_ watch: inout SessionWatch, at sequence: Int64) {
        for subscriber in watch.subscribers where subscriber.isLive && subscriber.last == sequence {
            subscriber.sink.end([subscriber.id])
            places[SubscriberPlace(subscriber.id, subscriber.sink)] = nil
        }
        watch.subscribers.removeAll { $0.isLive && $0.last == sequence }
    }

    /// Reads from the journal what live subscribers miss: a doorbell was lost, or brought no events.
    private func readGap(_ key: SessionKey) async {
        guard sessions[key]?.isReading == false else { return }
        sessions[key]?.isReading = true
        while let watch = sessions[key],
            let from = watch.subscribers.filter(\.isLive).map(\.last).min(), from < watch.head
        {
            let page = try? await services.ports.journal.events(
                of: key, in: watch.session.scope, after: from, limit: services.configuration.watchPage)
            // With the store away, the next comparison of heads tries again.
            guard let page, !page.isEmpty else { break }
            for event in page { pass(event, of: watch.session) }
        }
        sessions[key]?.isReading = false
    }

    /// Reads the journal for a new subscriber until nothing is missing, and makes it live in that moment.
    private func catchUp(
        _ session: SessionIdentity, subscriber: SubscriberID, sink: any EventSink
    ) async throws(JournalError) {
        while let before = place(of: subscriber, sink: sink, in: session.key) {
            let last = sessions[session.key]?.subscribers[before].last ?? 0
            let page = try await page(of: session, after: last)
            // It may have gone, or others come, while the journal was read.
            guard let place = place(of: subscriber, sink: sink, in: session.key) else { return }
            sessions[session.key]?.subscribers[place].last = page.last?.sequence ?? last
            if send(page, of: session, to: subscriber, sink: sink) {
                sink.end([subscriber])
                return unwatch(subscriber, sink: sink)
            }
            let isWhole = isLast(page)
            let hasAll = (page.last?.sequence ?? last) >= sessions[session.key]?.head ?? 0
            if isWhole, hasAll || page.isEmpty {
                sessions[session.key]?.subscribers[place].isLive = true
                return
            }
            if await !sink.drained(subscriber) { return unwatch(subscriber, sink: sink) }
        }
    }

    /// What follows an event: from memory if everything is there and goes into one page, else from the journal.
    private func page(
        of session: SessionIdentity, after sequence: Int64
    ) async throws(JournalError) -> [RecordedEvent] {
        let head = sessions[session.key]?.head ?? 0
        if let events = recent.events(of: session.key, after: sequence, head: head).map(Array.init), isLast(events) {
            return events
        }
        return try await services.ports.journal.events(
            of: session.key, in: session.scope, after: sequence, limit: services.configuration.watchPage)
    }

    /// Sends a page to one subscriber; true if the session's last event was in it.
    private func send(
        _ page: [RecordedEvent], of session: SessionIdentity, to subscriber: SubscriberID, sink: any EventSink
    ) -> Bool {
        var ended = false
        for event in page {
            let wire = WireEvent(event, of: session.id)
            sink.send(wire, to: [subscriber])
            ended = ended || wire.endsSession
        }
        return ended
    }

    private func place(of subscriber: SubscriberID, sink: any EventSink, in key: SessionKey) -> Int? {
        sessions[key]?.subscribers.firstIndex { $0.id == subscriber && $0.sink === sink }
    }

    func dropIfIdle(_ key: SessionKey) {
        guard let watch = sessions[key], watch.isIdle else { return }
        sessions[key] = nil
        services.ports.streams.unwatch(.session(watch.session))
    }
}
