import HoldpointPorts
import HoldpointTesting

/// What subscribers got, by subscriber; reached from the engine's tasks and from the test's.
final class Collected: Sendable {
    private struct State: Sendable {
        var events: [SubscriberID: [WireEvent]] = [:]
        var ended: Set<SubscriberID> = []
    }

    private let state = Guarded(State())

    func add(_ event: WireEvent, for subscriber: SubscriberID) {
        state.withState { $0.events[subscriber, default: []].append(event) }
    }

    func end(_ subscriber: SubscriberID) {
        _ = state.withState { $0.ended.insert(subscriber) }
    }

    func ids(_ subscriber: SubscriberID) -> [String] {
        state.withState { $0.events[subscriber, default: []].map(\.id) }
    }

    func hasEnded(_ subscriber: SubscriberID) -> Bool { state.withState { $0.ended.contains(subscriber) } }
}
