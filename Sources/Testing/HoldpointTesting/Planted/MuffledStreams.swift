import HoldpointCore
package import HoldpointPorts

/// Streams that never ring for the record of a call that is about to leave.
///
/// Doorbells may be lost, so this alone breaks nothing; beside `EagerDispatchJournal` it leaves the early departure
/// itself as the only trace.
package final class MuffledStreams: StreamBusDecorator {
    package let base: any StreamBus

    package init(_ base: any StreamBus) {
        self.base = base
    }

    package func ring(_ doorbell: Doorbell) {
        if !doorbell.events.contains(where: { $0.type == ToolDispatched.type }) { base.ring(doorbell) }
    }
}
