package import HoldpointPorts

/// Streams that lose, double, delay and reorder what passes, as the port allows.
package final class FaultyStreams: StreamBusDecorator {
    private struct Held: Sendable {
        var doorbells: [Doorbell] = []
        var deliveries: [CommandDelivery] = []
    }

    package let base: any StreamBus
    private let faults: FaultSource
    /// What was held back: it passes after the next of its kind, out of order.
    private let held = Guarded(Held())

    package init(_ base: any StreamBus, faults: FaultSource) {
        self.base = base
        self.faults = faults
    }

    package func ring(_ doorbell: Doorbell) {
        if faults.strikes(.doorbellLost) { return }
        if faults.strikes(.doorbellLate) {
            held.withState { $0.doorbells.append(doorbell) }
            return
        }
        base.ring(doorbell)
        if faults.strikes(.doorbellDoubled) { base.ring(doorbell) }
        let late = held.withState { held in
            defer { held.doorbells = [] }
            return held.doorbells
        }
        for doorbell in late { base.ring(doorbell) }
    }

    package func deliver(_ delivery: CommandDelivery) {
        if faults.strikes(.deliveryLost) { return }
        if faults.strikes(.deliveryLate) {
            held.withState { $0.deliveries.append(delivery) }
            return
        }
        base.deliver(delivery)
        if faults.strikes(.deliveryDoubled) { base.deliver(delivery) }
        let late = held.withState { held in
            defer { held.deliveries = [] }
            return held.deliveries
        }
        for delivery in late { base.deliver(delivery) }
    }
}
