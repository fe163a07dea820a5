package import HoldpointCore
package import HoldpointPorts

/// A bus before another one: it changes single calls and passes the rest on.
package protocol StreamBusDecorator: StreamBus {
    /// The bus behind it.
    var base: any StreamBus { get }
}

extension StreamBusDecorator {
    package func ring(_ doorbell: Doorbell) { base.ring(doorbell) }

    package func nextDoorbells() async -> [Doorbell] { await base.nextDoorbells() }

    package func deliver(_ delivery: CommandDelivery) { base.deliver(delivery) }

    package func nextDeliveries() async -> [CommandDelivery] { await base.nextDeliveries() }

    package func acknowledge(_ delivery: CommandDelivery) { base.acknowledge(delivery) }

    package func bury(_ delivery: CommandDelivery) { base.bury(delivery) }

    package func announce(_ command: StoredCommandID, to node: NodeName) { base.announce(command, to: node) }

    package func nextAnnouncements() async -> [StoredCommandID] { await base.nextAnnouncements() }

    package func serve(_ shards: [Shard]) { base.serve(shards) }

    package func watch(_ topic: DoorbellTopic) { base.watch(topic) }

    package func unwatch(_ topic: DoorbellTopic) { base.unwatch(topic) }

    package var problem: String? { base.problem }

    package func close() { base.close() }
}
