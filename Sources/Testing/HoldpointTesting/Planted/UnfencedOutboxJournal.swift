import HoldpointCore
package import HoldpointPorts

/// A planted bug: whoever says what came of a delivery is believed, whose shard it is by then or not (against I2).
package final class UnfencedOutboxJournal: JournalDecorator {
    package let base: any Journal
    private let shared: MemoryJournal

    /// - Parameter shared: the store behind `base`.
    package init(_ base: any Journal, over shared: MemoryJournal) {
        self.base = base
        self.shared = shared
    }

    package func settle(_ settlement: DeliverySettlement) async throws(JournalError) -> Bool {
        let fence = shared.contents.fences[Int(settlement.id.session.shard.number)]
        return try await base.settle(
            DeliverySettlement(
                scope: settlement.scope, id: settlement.id, state: settlement.state, fence: fence))
    }
}
