import HoldpointCore
import HoldpointPorts

/// Two nodes as one bus: what one is given comes out of the other.
struct PairedStreams: StreamBus {
    let sender: any StreamBus
    let receiver: any StreamBus

    func ring(_ doorbell: Doorbell) { sender.ring(doorbell) }
    func nextDoorbells() async -> [Doorbell] { await receiver.nextDoorbells() }
    func deliver(_ delivery: CommandDelivery) { sender.deliver(delivery) }
    func nextDeliveries() async -> [CommandDelivery] { await receiver.nextDeliveries() }
    func acknowledge(_ delivery: CommandDelivery) { receiver.acknowledge(delivery) }
    func announce(_ command: StoredCommandID, to node: NodeName) { sender.announce(command, to: node) }
    func nextAnnouncements() async -> [StoredCommandID] { await receiver.nextAnnouncements() }

    func close() {
        sender.close()
        receiver.close()
    }
}
