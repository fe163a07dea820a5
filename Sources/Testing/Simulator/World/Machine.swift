import HoldpointCore
import HoldpointPorts
import HoldpointTesting

/// What a node runs on, life after life: its name, and what lies between it and the stores.
final class Machine: Sendable {
    private struct State: Sendable {
        var node: Node?
        var isStopping = false
        var isSlow = false
        var ordered = 0
    }

    let index: Int
    let name: NodeName
    /// What goes wrong between this machine and the stores.
    let faults: FaultSource
    private let state = Guarded(State())

    init(_ index: Int, faults: FaultSource) throws {
        self.index = index
        self.faults = faults
        name = try NodeName("node-\(index + 1)")
    }

    /// The life that is up.
    var node: Node? { state.read { $0.node } }

    /// Whether its line to the store is slow.
    var isSlow: Bool { state.read { $0.isSlow } }

    func setSlow(_ isSlow: Bool) { state.withState { $0.isSlow = isSlow } }

    /// Has the node told at its next renewal that it is to give up so many shards.
    func orderMove(of shards: Int) { state.withState { $0.ordered = shards } }

    /// How many shards the node is to give up, which is said once.
    func takeOrder() -> Int {
        state.withState { state in
            defer { state.ordered = 0 }
            return state.ordered
        }
    }

    /// Begins a life.
    func begin(_ node: Node) {
        state.withState { state in
            state.node = node
            state.isStopping = false
        }
    }

    /// Takes the life away that is up.
    func take() -> Node? {
        state.withState { state in
            defer { state.node = nil }
            return state.node
        }
    }

    /// Forgets a life; false if it is not the one that is up.
    func end(_ node: Node) -> Bool {
        state.withState { state in
            guard state.node === node else { return false }
            state.node = nil
            return true
        }
    }

    /// The life that is up, if it is not being stopped already.
    func beginStop() -> Node? {
        state.withState { state in
            defer { state.isStopping = true }
            return state.isStopping ? nil : state.node
        }
    }
}

/// The store's clock, which may be set.
final class StoreTime: Clock {
    private let base: ManualClock
    private let offset = Guarded<Int64>(0)

    init(_ base: ManualClock) {
        self.base = base
    }

    func now() -> Timestamp { base.now().adding(milliseconds: offset.read { $0 }) }

    func sleep(until time: Timestamp) async { await base.sleep(until: time) }

    /// Sets it forward or back.
    func step(milliseconds: Int64) { offset.withState { $0 += milliseconds } }
}
