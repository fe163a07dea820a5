package import HoldpointCore
package import HoldpointPorts

/// Doorbells and deliveries within one process.
///
/// Bounded: when the reader falls behind, doorbells lose their events and merge by session (the reader finds the
/// events in the journal), and what is beyond that is dropped (heads are compared with the journal at intervals, and
/// stored commands are found by the sweep).
package final class LocalStreams: StreamBus {
    /// Doorbells that may wait with their events; above it they bring only their session's head.
    package static let doorbellCapacity = 4_096
    /// Sessions whose merged doorbells may wait.
    package static let mergedCapacity = 65_536
    /// Deliveries that may wait.
    package static let deliveryCapacity = 16_384

    private let doorbells = Mailbox(DoorbellQueue())
    private let deliveries = Mailbox(DeliveryQueue())
    /// Nothing is ever put in: whoever waits for a command's outcome is on this node, and is told by its router.
    private let announcements = Mailbox(AnnouncementQueue())

    package init() {}

    package func ring(_ doorbell: Doorbell) { doorbells.put(doorbell) }

    package func nextDoorbells() async -> [Doorbell] { await doorbells.takeAll() }

    package func deliver(_ delivery: CommandDelivery) { deliveries.put(delivery) }

    package func nextDeliveries() async -> [CommandDelivery] { await deliveries.takeAll() }

    /// Does nothing: nothing is kept for redelivery here, and what was not decided is found by the sweep.
    package func acknowledge(_ delivery: CommandDelivery) {}

    package func nextAnnouncements() async -> [StoredCommandID] { await announcements.takeAll() }

    package func close() {
        doorbells.close()
        deliveries.close()
        announcements.close()
    }
}

/// The queue of a bus that never announces anything.
struct AnnouncementQueue: BoundedQueue {
    var isEmpty: Bool { true }

    mutating func append(_ command: StoredCommandID) {}

    mutating func takeAll() -> [StoredCommandID] { [] }
}

/// Doorbells that wait, with those of the same session merged once there are many.
struct DoorbellQueue: BoundedQueue {
    private var whole: [Doorbell] = []
    private var merged: [SessionKey: Doorbell] = [:]

    var isEmpty: Bool { whole.isEmpty && merged.isEmpty }

    mutating func append(_ doorbell: Doorbell) {
        // Once something was merged, whole ones behind it would come before it and be read from the journal anyway.
        if whole.count < LocalStreams.doorbellCapacity, merged.isEmpty { return whole.append(doorbell) }
        let key = doorbell.session.key
        guard merged[key] != nil || merged.count < LocalStreams.mergedCapacity else { return }
        merged[key] = Doorbell(
            session: doorbell.session, head: max(doorbell.head, merged[key]?.head ?? 0), events: [],
            isOnFeed: doorbell.isOnFeed || merged[key]?.isOnFeed == true)
    }

    mutating func takeAll() -> [Doorbell] {
        let taken = whole + merged.values.sorted { $0.session.key < $1.session.key }
        whole = []
        merged = [:]
        return taken
    }
}

/// Deliveries that wait; what does not fit is left to the sweep.
struct DeliveryQueue: BoundedQueue {
    private var waiting: [CommandDelivery] = []

    var isEmpty: Bool { waiting.isEmpty }

    mutating func append(_ delivery: CommandDelivery) {
        if waiting.count < LocalStreams.deliveryCapacity { waiting.append(delivery) }
    }

    mutating func takeAll() -> [CommandDelivery] {
        defer { waiting = [] }
        return waiting
    }
}
