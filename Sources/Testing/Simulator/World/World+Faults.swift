import HoldpointCore
import HoldpointPorts
import HoldpointTesting

/// What goes wrong between the nodes and the stores, and in the stores.
extension World {
    /// The longest step of the store's clock forward, in milliseconds; back it may be twice as long.
    private static let longestStep = 1_000

    /// Lets nothing go wrong from now on, and mends what is broken.
    func calm() {
        guard ceaseChaos() else { return }
        for machine in machines {
            machine.faults.cease()
            machine.setSlow(false)
            guard let node = machine.node else { continue }
            node.cutStreams(false)
            thaw(node)
        }
        note("faults cease")
    }

    /// Takes the store away for a while, from one node or from all; commits at that moment fail, or their answers get
    /// lost.
    func cutStore() {
        count(.storeCut)
        let isMute = chance.below(2) == 0
        let rates: [Fault: Int] =
            isMute
            ? [
                .callUnavailable: 1_000, .commitInDoubtUndone: 200, .commitInDoubtLate: 700,
                .commitInDoubtDone: 1_000, .storeInDoubtLate: 300,
            ] : [.callUnavailable: 1_000, .commitUnavailable: 1_000]
        // Most nodes of a shared store keep their leases through a short one, and what is in doubt outlasts it.
        let longest = [streams == nil ? 3_000 : 1_500, 1_000, 8_000][chance.below(3)]
        let struck = someMachines()
        note("the store goes away from \(Self.names(struck))")
        for machine in struck { machine.faults.change(perMille: rates) }
        startOutside {
            await self.sleep(upTo: longest)
            self.note("the store is back at \(Self.names(struck))")
            guard self.isChaotic else { return }
            let usual = rates.keys.map { ($0, self.plan.rates[$0] ?? 0) }
            for machine in struck { machine.faults.change(perMille: Dictionary(uniqueKeysWithValues: usual)) }
            // What was in doubt meanwhile may be so still, and must not come after its shard has moved.
            if self.streams != nil, isMute { self.moveShards(from: struck[0]) }
        }
    }

    /// Has a node give up shards, few or all.
    func moveShards(from machine: Machine) {
        count(.moveOrder)
        let shards = [16, 256, 256][chance.below(3)]
        note("\(machine.name) is to give up \(shards) shards")
        machine.orderMove(of: shards)
    }

    /// Makes the store slow for one node.
    func slowStore() {
        count(.storeSlow)
        let machine = anyMachine
        note("the store is slow for \(machine.name)")
        machine.setSlow(true)
        startOutside {
            await self.sleep(upTo: 10_000)
            machine.setSlow(false)
        }
    }

    /// Cuts nodes off from the streams.
    func cutStreams() {
        count(.streamsCut)
        let nodes = someMachines().compactMap(\.node)
        note("the streams go away from \(Self.names(nodes.map(\.machine)))")
        for node in nodes { node.cutStreams(true) }
        startOutside {
            await self.sleep(upTo: 10_000)
            self.note("the streams are back")
            for node in nodes where node.isAlive { node.cutStreams(false) }
        }
    }

    /// Loses everything that lies in the streams.
    func flushStreams() {
        count(.flush)
        note("the streams are flushed")
        streams?.flush()
    }

    /// Sets the store's clock.
    ///
    /// Nodes that have heard of it and those that have not differ by as much, so a step forward must be within the time
    /// that a call may outlast its own (`leaseMarginMilliseconds`).
    func stepClock() {
        count(.clockStep)
        let back = chance.below(2) == 0
        let step = Int64(1 + chance.below(Self.longestStep)) * (back ? -2 : 1)
        note("the store's clock is set by \(step)")
        storeTime.step(milliseconds: step)
        if back { withModel { $0.tolerance -= step } }
    }

    /// Ends a node's lease in the store, and it does not know.
    func loseLease() {
        let machine = anyMachine
        count(.leaseLoss)
        note("the lease of \(machine.name) is over")
        journal.expireLease(of: machine.name)
    }

    /// One of the machines, or all.
    private func someMachines() -> [Machine] {
        chance.below(3) == 0 ? machines : [anyMachine]
    }

    private static func names(_ machines: [Machine]) -> String { machines.map(\.name.text).joined(separator: ", ") }
}
