import HoldpointPorts
import HoldpointTesting

/// A bug to plant in a node's ports; the simulation must find it.
package enum PlantedFault: String, Sendable, Hashable, CaseIterable {
    /// Some commits are acknowledged before they are made, and die with the node.
    case acknowledgeBeforeCommit
    /// Some answers are written twice.
    case answerAppliedTwice
    /// A deadline does not see answers that were stored before it.
    case timerBeforeStoredAnswer
    /// Fingerprints of answers, which go into events, are the answers themselves.
    case secretInEvent
    /// A call leaves before the log says that it may have.
    case callBeforeDispatch
    /// Commands for other sessions are left out of some commits.
    case sendsDropped
    /// A call whose outcome is unknown is said not to have left.
    case unknownCallDenied
}

extension PlantedFault? {
    func journal(_ base: any Journal, entropy: SeededEntropy) -> any Journal {
        switch self {
        case .acknowledgeBeforeCommit: AcknowledgingJournal(base, entropy: entropy)
        case .answerAppliedTwice: RepeatingJournal(base, entropy: entropy)
        case .timerBeforeStoredAnswer: ForgetfulInboxJournal(base)
        case .callBeforeDispatch: EagerDispatchJournal(base)
        case .sendsDropped: ForgetfulSendsJournal(base, entropy: entropy)
        case .secretInEvent, .unknownCallDenied, nil: base
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
