/// What may go wrong in a port.
package enum Fault: String, Sendable, Hashable, CaseIterable {
    /// A read or a mark fails; nothing was changed.
    case callUnavailable
    /// A commit fails; nothing was changed.
    case commitUnavailable
    /// A commit is refused for want of room; nothing was changed.
    case commitOverloaded
    /// A commit is reported in doubt and was not made.
    case commitInDoubtUndone
    /// A commit is reported in doubt and was made.
    case commitInDoubtDone
    /// A commit is reported in doubt and arrives at the store later, as one does that lay in a buffer.
    case commitInDoubtLate
    /// Storing a command is reported in doubt and was not done.
    case storeInDoubtUndone
    /// Storing a command is reported in doubt and was done.
    case storeInDoubtDone
    /// Storing a command is reported in doubt and is done later.
    case storeInDoubtLate
    /// A mark, a count, an outcome or a hand-over is made, and reported in doubt.
    case markInDoubtDone
    /// A generation cannot be raised now; nothing was changed.
    case raiseUnavailable
    /// A renewal is made, and its reply lost.
    case renewalUnheard
    /// A doorbell is lost.
    case doorbellLost
    /// A doorbell rings twice.
    case doorbellDoubled
    /// A doorbell rings after later ones.
    case doorbellLate
    /// A delivery is lost.
    case deliveryLost
    /// A delivery comes twice.
    case deliveryDoubled
    /// A delivery comes after later ones.
    case deliveryLate
}

/// Decides which faults strike: by chance with a seed, or once when a test arms one.
package final class FaultSource: Sendable {
    private struct State: Sendable {
        var perMille: [Fault: Int]
        var armed: [Fault: Int] = [:]
        var struck: [Fault: Int] = [:]
    }

    private let state: Guarded<State>
    private let entropy: SeededEntropy

    /// - Parameter perMille: how often each fault strikes in a thousand chances; never where it is not named.
    package init(entropy: SeededEntropy, perMille: [Fault: Int] = [:]) {
        self.entropy = entropy
        state = Guarded(State(perMille: perMille))
    }

    /// Whether the fault strikes now; each question is one chance.
    package func strikes(_ fault: Fault) -> Bool {
        state.withState { state in
            let isArmed = state.armed[fault, default: 0] > 0
            if isArmed { state.armed[fault, default: 0] -= 1 }
            // Chance is asked for common faults only, so that a scripted test draws nothing.
            let strikes = isArmed || state.perMille[fault].map { entropy.happens(perMille: $0) } ?? false
            if strikes { state.struck[fault, default: 0] += 1 }
            return strikes
        }
    }

    /// Makes the fault strike at its next chances.
    package func arm(_ fault: Fault, times: Int = 1) {
        state.withState { $0.armed[fault, default: 0] += times }
    }

    /// Makes these faults strike as often, from now on; the others as before.
    package func change(perMille: [Fault: Int]) {
        state.withState { $0.perMille.merge(perMille) { $1 } }
    }

    /// How often each fault strikes in a thousand chances.
    package var perMille: [Fault: Int] { state.read { $0.perMille } }

    /// Lets nothing strike from now on.
    package func cease() {
        state.withState { state in
            state.perMille = [:]
            state.armed = [:]
        }
    }

    /// How often a fault has struck.
    package func count(of fault: Fault) -> Int { state.withState { $0.struck[fault] ?? 0 } }
}
