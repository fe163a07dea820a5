import EventLoop
import HTTPServer
import HoldpointCore
package import HoldpointPorts
import Synchronization

/// Carries the gateway's events to the event streams of an HTTP server.
///
/// A subscriber exists before its stream does: the gateway must accept the subscription before the head of a response
/// can be sent. What comes until then, and while the subscriber catches up, is kept and sent at the client's pace; from
/// then on each frame goes to all subscribers at once.
package final class HTTPEventSink: EventSink {
    /// Everybody who is subscribed, under the lock.
    struct Subscribers {
        /// Those to whom frames are sent directly.
        var open: [SubscriberID: HTTPEventStream] = [:]
        /// Those whose response has not begun, or who catch up.
        var early: [SubscriberID: EarlySubscriber] = [:]
    }

    let subscribers = Locked(Subscribers())
    private let lastNumber = Atomic<UInt64>(0)

    package init() {}

    /// Makes a subscriber whose stream is still to be opened.
    func reserve() -> SubscriberID {
        let subscriber = SubscriberID(lastNumber.wrappingAdd(1, ordering: .relaxed).newValue)
        subscribers.withLock { $0.early[subscriber] = EarlySubscriber() }
        return subscriber
    }

    /// The frame of an event: `id`, `event` and `data` lines (WHATWG HTML, section 9.2), encoded once for everybody.
    private static func frame(of event: WireEvent) -> SharedBytes {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(event.json.count + event.id.utf8.count + event.type.text.utf8.count + 24)
        bytes += "id: ".utf8
        bytes += event.id.utf8
        bytes += "\nevent: ".utf8
        bytes += event.type.text.utf8
        bytes += "\ndata: ".utf8
        bytes += event.json
        bytes += "\n\n".utf8
        return SharedBytes(bytes)
    }

    package func send(_ event: WireEvent, to targets: [SubscriberID]) {
        let frame = Self.frame(of: event)
        var hungry: [SubscriberID] = []
        let streams = subscribers.withLock { subscribers -> [HTTPEventStream] in
            var streams: [HTTPEventStream] = []
            streams.reserveCapacity(targets.count)
            for target in targets {
                if let stream = subscribers.open[target] {
                    streams.append(stream)
                } else if subscribers.early[target]?.add(frame) == true {
                    hungry.append(target)
                }
            }
            return streams
        }
        HTTPEventStream.send(frame, to: streams)
        for subscriber in hungry { beginFeeding(subscriber) }
    }

    package func end(_ targets: [SubscriberID]) {
        var hungry: [SubscriberID] = []
        let streams = subscribers.withLock { subscribers -> [HTTPEventStream] in
            for target in targets where subscribers.early[target]?.end() == true { hungry.append(target) }
            return targets.compactMap { subscribers.open[$0] }
        }
        for stream in streams { stream.close() }
        for subscriber in hungry { beginFeeding(subscriber) }
    }

    package func drained(_ subscriber: SubscriberID) async -> Bool {
        if let stream = subscribers.withLock({ $0.open[subscriber] }) { return await stream.drained() }
        return await withCheckedContinuation { continuation in
            var opening: CheckedContinuation<StreamOpening, Never>?
            let verdict = subscribers.withLock { subscribers -> Bool? in
                guard subscribers.early[subscriber] != nil else { return subscribers.open[subscriber] != nil }
                opening = subscribers.early[subscriber]?.takeOpening()
                if subscribers.early[subscriber]?.isDrained == true { return true }
                subscribers.early[subscriber]?.drains.append(continuation)
                return nil
            }
            // More must be sent before the subscription stands, so the response has to begin now.
            opening?.resume(returning: .begun)
            if let verdict { continuation.resume(returning: verdict) }
        }
    }

    /// Forgets a subscriber whose client is gone; does nothing the second time.
    func forget(_ subscriber: SubscriberID) {
        let early = subscribers.withLock { subscribers -> EarlySubscriber? in
            subscribers.open[subscriber] = nil
            return subscribers.early.removeValue(forKey: subscriber)
        }
        early?.opening?.resume(returning: .gone)
        for drain in early?.drains ?? [] { drain.resume(returning: false) }
    }
}
