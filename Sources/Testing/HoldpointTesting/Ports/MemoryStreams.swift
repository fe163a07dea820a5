package import HoldpointCore
package import HoldpointPorts

/// The live side in memory: both queues of one node, which die with it.
package final class MemoryStreams: StreamBus {
    private let doorbells = MemoryQueue<Doorbell>()
    private let deliveries = MemoryQueue<CommandDelivery>()
    private let announcements = MemoryQueue<StoredCommandID>()

    package init() {}

    package func ring(_ doorbell: Doorbell) { doorbells.append(doorbell) }

    package func nextDoorbells() async -> [Doorbell] { await doorbells.next() }

    package func deliver(_ delivery: CommandDelivery) { deliveries.append(delivery) }

    package func nextDeliveries() async -> [CommandDelivery] { await deliveries.next() }

    /// Nothing to do: what was handed out once does not come again.
    package func acknowledge(_ delivery: CommandDelivery) {}

    package func nextAnnouncements() async -> [StoredCommandID] { await announcements.next() }

    package func close() {
        doorbells.close()
        deliveries.close()
        announcements.close()
    }
}

/// A queue with one waiting reader, who takes all there is.
final class MemoryQueue<Item: Sendable>: Sendable {
    private struct State: Sendable {
        var items: [Item] = []
        var isClosed = false
        var reader: CheckedContinuation<[Item], Never>?
    }

    private let state = Guarded(State())

    func append(_ item: Item) {
        let reader = state.withState { state -> CheckedContinuation<[Item], Never>? in
            if state.isClosed { return nil }
            guard let reader = state.reader else {
                state.items.append(item)
                return nil
            }
            state.reader = nil
            return reader
        }
        reader?.resume(returning: [item])
    }

    /// All items so far, waiting for the first; none once closed, or if the waiting task is cancelled.
    func next() async -> [Item] {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withState { state -> [Item]? in
                    // Asked in here: a cancellation after this finds the reader.
                    if state.isClosed || Task.isCancelled { return [] }
                    guard state.items.isEmpty else {
                        defer { state.items = [] }
                        return state.items
                    }
                    state.reader = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            takeReader()?.resume(returning: [])
        }
    }

    func close() {
        let reader = state.withState { state in
            state.isClosed = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: [])
    }

    private func takeReader() -> CheckedContinuation<[Item], Never>? {
        state.withState { state in
            defer { state.reader = nil }
            return state.reader
        }
    }
}
