import HoldpointCore
import Synchronization

/// Where a node is in its life; asked by every command, so it is read without waiting for anybody.
final class Life: Sendable {
    private enum Phase: Int {
        /// The store is not taken up yet. Can become `recovering` or `stopping`.
        case starting
        /// The store is taken up, and what is due is being done. Can become `ready` or `stopping`.
        case recovering
        /// Commands are decided. Can become `stopping`.
        case ready
        /// Nothing new is taken. Final.
        case stopping
    }

    private let phase = Atomic(Phase.starting.rawValue)
    /// Milliseconds until which every command is stored first; 0 if the life before ended cleanly.
    private let caution = Atomic(Int64(0))

    /// Until when every command is stored first, after an unclean death (I10).
    private var cautionEnd: Timestamp? {
        let end = caution.load(ordering: .acquiring)
        return end == 0 ? nil : Timestamp(milliseconds: end)
    }

    func begin(isCautious: Bool, now: Timestamp, milliseconds: Int64) {
        if isCautious { caution.store(now.adding(milliseconds: milliseconds).milliseconds, ordering: .releasing) }
        move(from: .starting, to: .recovering)
    }

    /// Has every command stored first for a while: shards were taken over whose owner had died.
    func beCautious(from now: Timestamp, milliseconds: Int64) {
        caution.store(now.adding(milliseconds: milliseconds).milliseconds, ordering: .releasing)
    }

    func becomeReady() { move(from: .recovering, to: .ready) }

    func beginStop() { phase.store(Phase.stopping.rawValue, ordering: .releasing) }

    /// What keeps the node from taking commands; nil if nothing does.
    var problem: String? {
        switch current {
        case .starting: "starting"
        case .recovering: "recovering"
        case .ready: nil
        case .stopping: "stopping"
        }
    }

    var isStopping: Bool { current == .stopping }

    /// Whether commands are to be stored first: during recovery, and for a while after an unclean death.
    func storesFirst(at now: Timestamp) -> Bool {
        switch current {
        case .starting, .recovering: true
        case .ready, .stopping: cautionEnd.map { now < $0 } ?? false
        }
    }

    private var current: Phase { Phase(rawValue: phase.load(ordering: .acquiring)) ?? .stopping }

    private func move(from old: Phase, to new: Phase) {
        _ = phase.compareExchange(
            expected: old.rawValue, desired: new.rawValue, ordering: .acquiringAndReleasing)
    }
}
