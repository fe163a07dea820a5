import EventLoop
import HTTPServer
import HoldpointCore
package import HoldpointPorts
import Synchronization

/// Carries the gateway's events to the event streams of an HTTP server.
///
/// A subscriber exists before its stream does: the gateway must have accepted the subscription before the head of a
/// response can be sent. What comes in between is kept, up to a limit, and is the first thing on the stream.
package final class HTTPEventSink: EventSink {
    /// How many frames are kept for a stream that is not open yet; beyond it the stream ends and the client resumes.
    package static let maximumWaitingFrames = 4_096

    /// A subscriber whose response has not begun.
    private struct Waiting {
        var frames: [SharedBytes] = []
        var hasEnded = false
        var drains: [CheckedContinuation<Bool, Never>] = []

        /// Keeps a frame; what is too much ends the stream behind what was kept.
        mutating func add(_ frame: SharedBytes) {
            guard !hasEnded else { return }
            if frames.count < HTTPEventSink.maximumWaitingFrames { frames.append(frame) } else { hasEnded = true }
        }
    }

    private struct Subscribers {
        var open: [SubscriberID: HTTPEventStream] = [:]
        var waiting: [SubscriberID: Waiting] = [:]
    }

    /// The first frame of every stream: clients wait two seconds before they come back.
    private static let greeting = SharedBytes("retry: 2000\n\n".utf8)

    private let subscribers = Locked(Subscribers())
    private let lastNumber = Atomic<UInt64>(0)

    package init() {}

    /// The frame of an event: `id`, `event` and `data` lines (WHATWG HTML, section 9.2), encoded once for everybody.
    static func frame(of event: WireEvent) -> SharedBytes {
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
        let streams = subscribers.withLock { subscribers -> [HTTPEventStream] in
            var streams: [HTTPEventStream] = []
            streams.reserveCapacity(targets.count)
            for target in targets {
                if let stream = subscribers.open[target] {
                    streams.append(stream)
                } else {
                    subscribers.waiting[target]?.add(frame)
                }
            }
            return streams
        }
        HTTPEventStream.send(frame, to: streams)
    }

    package func end(_ targets: [SubscriberID]) {
        let streams = subscribers.withLock { subscribers -> [HTTPEventStream] in
            for target in targets { subscribers.waiting[target]?.hasEnded = true }
            return targets.compactMap { subscribers.open[$0] }
        }
        for stream in streams { stream.close() }
    }

    package func drained(_ subscriber: SubscriberID) async -> Bool {
        if let stream = stream(of: subscriber) { return await stream.drained() }
        let isOpen = await withCheckedContinuation { continuation in
            let verdict = subscribers.withLock { subscribers -> Bool? in
                if subscribers.open[subscriber] != nil { return true }
                guard subscribers.waiting[subscriber] != nil else { return false }
                subscribers.waiting[subscriber]?.drains.append(continuation)
                return nil
            }
            if let verdict { continuation.resume(returning: verdict) }
        }
        guard isOpen, let stream = stream(of: subscriber) else { return false }
        return await stream.drained()
    }

    private func stream(of subscriber: SubscriberID) -> HTTPEventStream? {
        subscribers.withLock { $0.open[subscriber] }
    }
}

extension HTTPEventSink {
    /// Makes a subscriber whose stream is still to be opened.
    func reserve() -> SubscriberID {
        let subscriber = SubscriberID(lastNumber.wrappingAdd(1, ordering: .relaxed).newValue)
        subscribers.withLock { $0.waiting[subscriber] = Waiting() }
        return subscriber
    }

    /// Whether the subscriber is still wanted.
    func holds(_ subscriber: SubscriberID) -> Bool {
        subscribers.withLock { $0.waiting[subscriber] != nil || $0.open[subscriber] != nil }
    }

    /// Gives a subscriber its stream, and sends what was kept for it; called on the stream's loop.
    ///
    /// A frame that another thread sends from here on is queued behind this call, so the order stays.
    func open(_ subscriber: SubscriberID, on stream: HTTPEventStream) {
        let kept = subscribers.withLock { subscribers -> Waiting? in
            guard let waiting = subscribers.waiting.removeValue(forKey: subscriber) else { return nil }
            subscribers.open[subscriber] = stream
            return waiting
        }
        guard let kept else { return stream.close() }
        stream.send(Self.greeting)
        for frame in kept.frames { stream.send(frame) }
        if kept.hasEnded { stream.close() }
        for drain in kept.drains { drain.resume(returning: true) }
    }

    /// Forgets a subscriber whose client is gone; does nothing the second time.
    func forget(_ subscriber: SubscriberID) {
        let drains = subscribers.withLock { subscribers -> [CheckedContinuation<Bool, Never>] in
            subscribers.open[subscriber] = nil
            return subscribers.waiting.removeValue(forKey: subscriber)?.drains ?? []
        }
        for drain in drains { drain.resume(returning: false) }
    }
}
