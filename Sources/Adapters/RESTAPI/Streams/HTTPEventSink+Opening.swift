import EventLoop
import HTTPServer
import HoldpointPorts

/// How a subscriber becomes a stream.
extension HTTPEventSink {
    /// The first frame of every stream: clients wait two seconds before they come back.
    private static let greeting = SharedBytes("retry: 2000\n\n".utf8)

    /// Subscribes, and returns as soon as it is known whether the response can begin.
    ///
    /// That is when `watch` has returned, or earlier if it waits for the client to take what there is already.
    func opening(
        of subscriber: SubscriberID, client: RESTClient,
        _ watch: @escaping @Sendable () async throws -> WatchStart, unwatch: @escaping HTTPWork
    ) async -> StreamOpening {
        await withTaskExecutorPreference(client.continuations) {
            await awaitOpening(of: subscriber, client: client, watch, unwatch: unwatch)
        }
    }

    private func awaitOpening(
        of subscriber: SubscriberID, client: RESTClient,
        _ watch: @escaping @Sendable () async throws -> WatchStart, unwatch: @escaping HTTPWork
    ) async -> StreamOpening {
        await withCheckedContinuation { continuation in
            let isKnown = subscribers.withLock { subscribers in
                subscribers.early[subscriber]?.opening = continuation
                return subscribers.early[subscriber] != nil
            }
            guard isKnown else { return continuation.resume(returning: .gone) }
            client.perform { loop in
                var outcome: StreamOpening
                do {
                    outcome = try await watch() == .streaming ? .begun : .nothingLeft
                } catch {
                    outcome = .failed(error)
                }
                // The client's leaving may have come before there was anything to end.
                if !self.settle(subscriber, outcome) { await unwatch(loop) }
            }
        }
    }

    /// Takes in how the subscription went; false if the subscriber is gone.
    private func settle(_ subscriber: SubscriberID, _ outcome: StreamOpening) -> Bool {
        var opening: CheckedContinuation<StreamOpening, Never>?
        var isHungry = false
        let isKnown = subscribers.withLock { subscribers -> Bool in
            guard subscribers.early[subscriber] != nil else { return subscribers.open[subscriber] != nil }
            subscribers.early[subscriber]?.isSubscribing = false
            opening = subscribers.early[subscriber]?.takeOpening()
            if case .failed = outcome {
                // If the response has begun, its end is all that can be said.
                isHungry = subscribers.early[subscriber]?.end() ?? false
            } else {
                isHungry = subscribers.early[subscriber]?.wakesFeeder() ?? false
            }
            return true
        }
        opening?.resume(returning: outcome)
        if isHungry { beginFeeding(subscriber) }
        return isKnown
    }

    /// Gives a subscriber its stream, and sends what was kept for it; called on the stream's loop.
    ///
    /// A frame that another thread sends from here on is queued behind this call, so the order stays.
    func open(_ subscriber: SubscriberID, on stream: HTTPEventStream) {
        var isHungry = false
        let ready = subscribers.withLock { subscribers -> EarlySubscriber? in
            guard let early = subscribers.early[subscriber] else { return nil }
            guard early.isSmall, !early.isSubscribing else {
                subscribers.early[subscriber]?.stream = stream
                isHungry = subscribers.early[subscriber]?.wakesFeeder() ?? false
                return early
            }
            subscribers.early[subscriber] = nil
            subscribers.open[subscriber] = stream
            return early
        }
        guard let ready else { return stream.close() }
        stream.send(Self.greeting)
        if isHungry { return beginFeeding(subscriber) }
        for frame in ready.backlog { stream.send(frame) }
        if ready.hasEnded { stream.close() }
        for drain in ready.drains { drain.resume(returning: true) }
    }

    /// Starts to send a backlog at the client's pace.
    func beginFeeding(_ subscriber: SubscriberID) {
        let stream = subscribers.withLock { $0.early[subscriber]?.stream }
        stream?.perform { stream, _ in await self.feed(subscriber, on: stream) }
    }

    /// What is to be done next for a subscriber who catches up.
    private enum Step {
        case send(ArraySlice<SharedBytes>)
        /// All has left; more may come.
        case rest([CheckedContinuation<Bool, Never>], closing: Bool)
        case nobody
    }

    private func feed(_ subscriber: SubscriberID, on stream: HTTPEventStream) async {
        while true {
            switch nextStep(for: subscriber, on: stream) {
            case .nobody: return
            case .send(let portion):
                for frame in portion { stream.send(frame) }
                guard await stream.drained() else { return forget(subscriber) }
            case .rest(let drains, let closing):
                if closing { stream.close() }
                for drain in drains { drain.resume(returning: true) }
                return
            }
        }
    }

    private func nextStep(for subscriber: SubscriberID, on stream: HTTPEventStream) -> Step {
        subscribers.withLock { subscribers -> Step in
            guard let early = subscribers.early[subscriber] else { return .nobody }
            let portion = subscribers.early[subscriber]?.takePortion() ?? []
            if !portion.isEmpty { return .send(portion) }
            let drains = subscribers.early[subscriber]?.takeDrains() ?? []
            if early.hasEnded || !early.isSubscribing {
                subscribers.early[subscriber] = nil
                subscribers.open[subscriber] = stream
            } else {
                subscribers.early[subscriber]?.isFeeding = false
            }
            return .rest(drains, closing: early.hasEnded)
        }
    }
}
