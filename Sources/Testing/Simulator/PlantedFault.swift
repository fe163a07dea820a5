import HoldpointPorts
import HoldpointTesting

/// A bug to plant in a node's ports; the simulation must find it.
///
/// Each is a port that breaks its promise. No switch of the product weakens anything.
package enum PlantedFault: String, Sendable, Hashable, CaseIterable {
    /// The store takes what arrives, whoever owns the shard.
    case noFence
    /// The store looks at the fence of a commit, and writes later.
    case fenceWithoutLock
    /// Some commits are acknowledged before they are made, and die with the node.
    case acknowledgeBeforeCommit
    /// Some answers are written twice.
    case answerWithoutDeduplication
    /// Some events are published before they are committed.
    case publishBeforeCommit
    /// At a takeover a deadline does not see answers that were stored before it.
    case timerBeforeStoredAnswer
    /// A commit whose outcome is unknown is taken for one that failed.
    case inDoubtTakenForFailed
    /// Fingerprints of answers, which go into events, are the answers themselves.
    case secretInEvent
    /// A call leaves before the log says that it may have.
    case callBeforeDispatch
    /// Commands for other sessions are left out of some commits.
    case sendsDropped
    /// A call whose outcome is unknown is said not to have left.
    case unknownCallDenied
    /// No generation is raised: what was sent before a hand-over is written after it.
    case handOverWithoutGeneration
}

extension PlantedFault? {
    /// The longest time between the look at a fence and the write, where there is no lock, in milliseconds.
    private static var longestGap: Int { 1_500 }

    /// The store's side of a node's way to it.
    ///
    /// - Parameter node: the node's way to a store that is shared; nil where it has the store for itself, so that no
    ///   other can be its owner.
    func journal(_ node: SharedMemoryJournal?, in world: World, entropy: SeededEntropy) -> any Journal {
        let base: any Journal = node ?? world.journal
        switch self {
        case .noFence: return UnfencedJournal(base, over: world.journal)
        case .fenceWithoutLock:
            guard let node else { return base }
            return UnlockedJournal(node, over: world.journal) {
                if world.isChaotic, world.chance.below(8) == 0 { await world.sleep(upTo: Self.longestGap) }
            }
        case .handOverWithoutGeneration:
            guard let node else { return base }
            return UnraisedJournal(node, over: world.journal)
        case .acknowledgeBeforeCommit: return AcknowledgingJournal(base, entropy: entropy)
        case .answerWithoutDeduplication: return RepeatingJournal(base, entropy: entropy)
        case .timerBeforeStoredAnswer: return ForgetfulTakeoverJournal(base, clock: world.storeTime)
        case .callBeforeDispatch: return EagerDispatchJournal(base)
        case .sendsDropped: return ForgetfulSendsJournal(base, entropy: entropy)
        case .publishBeforeCommit, .inDoubtTakenForFailed, .secretInEvent, .unknownCallDenied, nil: return base
        }
    }

    /// The node's side of it, where errors are told apart.
    func driver(_ base: any Journal, streams: any StreamBus, entropy: SeededEntropy) -> any Journal {
        switch self {
        case .publishBeforeCommit: EarlyDoorbellJournal(base, streams: streams, entropy: entropy)
        case .inDoubtTakenForFailed: HastyJournal(base)
        default: base
        }
    }

    func secretBox(_ base: SimulatedSecretBox) -> any SecretBox {
        self == .secretInEvent ? LeakySecretBox(base) : base
    }

    func streams(_ base: any StreamBus) -> any StreamBus {
        self == .callBeforeDispatch ? MuffledStreams(base) : base
    }

    func calls(_ base: any HTTPCaller) -> any HTTPCaller {
        self == .unknownCallDenied ? LyingCaller(base) : base
    }
}
