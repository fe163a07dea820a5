import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting

/// The nodes' lives, one after the other on each machine.
extension World {
    /// One of the nodes that are up, of which some may stand still.
    var anyNode: Node? {
        let nodes = machines.compactMap(\.node)
        return nodes.isEmpty ? nil : nodes[chance.below(nodes.count)]
    }

    /// One of the machines, whether its node is up or not.
    var anyMachine: Machine { machines[chance.below(machines.count)] }

    /// Calls one of the nodes from the clients' side, any of them.
    func call<Value: Sendable>(
        observe: @escaping @Sendable (Value) -> Void = { _ in },
        _ body: @escaping @Sendable (Engine) async throws(GatewayError) -> Value
    ) async -> Reply<Value> {
        guard let node = anyNode else { return .lost }
        return await node.call(body, observe: observe)
    }

    /// Lives that ended, or lost what they owned, without a clean end.
    var deaths: Int { [.crash, .takeover].reduce(0) { $0 + (happenings[$1] ?? 0) } }

    /// Whether somebody looks after every shard.
    var isWhole: Bool { streams == nil || journal.contents.ownedShards == Shard.all.count }

    /// Starts the next life of a machine's node.
    func startNode(on machine: Machine) {
        let node = Node(number: nextLife(), on: machine, in: self)
        note("\(node) starts")
        machine.begin(node)
        node.start()
    }

    /// Starts a node on every machine, sooner or later.
    func startNodes() {
        for machine in machines {
            startOutside {
                if machine.index > 0 { await self.sleep(upTo: 4_000) }
                self.startNode(on: machine)
            }
        }
    }

    /// Kills a node; another life begins after a while.
    func crashNode() {
        guard let node = anyNode, node.machine.end(node) else { return }
        count(.crash)
        note("\(node) crashes")
        node.crash()
        restartLater(node.machine)
    }

    /// Asks a node to stop; another life begins after it has.
    func stopNode() {
        guard let node = anyMachine.beginStop() else { return }
        count(.stop)
        note("\(node) is asked to stop")
        node.stop()
    }

    /// Lets a node stand still, for so long perhaps that others take its shards.
    func freezeNode() {
        guard let node = anyNode, !node.isFrozen else { return }
        count(.freeze)
        note("\(node) stands still")
        node.freeze()
        let longest = [1_500, 5_000, 15_000][chance.below(3)]
        startOutside {
            await self.sleep(upTo: longest)
            self.thaw(node)
        }
    }

    /// Lets a node go on that stands still.
    func thaw(_ node: Node) {
        guard node.isFrozen, node.isAlive else { return }
        note("\(node) goes on")
        node.thaw()
    }

    /// A node's run has ended by itself.
    func ended(_ node: Node, failure: String?) {
        guard node.isAlive else { return }
        note("\(node) ended\(failure.map { ": \($0)" } ?? "")")
        let isCurrent = node.machine.end(node)
        startOutside { node.crash() }
        if isCurrent { restartLater(node.machine) }
    }

    private func restartLater(_ machine: Machine) {
        // With others there it may take longer: they are to get on without it.
        let longest = machines.count > 1 && chance.below(2) == 0 ? 10_000 : 2_000
        startOutside {
            await self.sleep(upTo: longest)
            if !self.isOver { self.startNode(on: machine) }
        }
    }
}
