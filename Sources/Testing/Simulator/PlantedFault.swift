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
}

extension PlantedFault? {
    func journal(_ base: any Journal, entropy: SeededEntropy) -> any Journal {
        switch self {
        case .acknowledgeBeforeCommit: AcknowledgingJournal(base, entropy: entropy)
        case .answerAppliedTwice: RepeatingJournal(base, entropy: entropy)
        case .timerBeforeStoredAnswer: ForgetfulInboxJournal(base)
        case .secretInEvent, nil: base
        }
    }

    func secretBox(_ base: SimulatedSecretBox) -> any SecretBox {
        self == .secretInEvent ? LeakySecretBox(base) : base
    }
}
