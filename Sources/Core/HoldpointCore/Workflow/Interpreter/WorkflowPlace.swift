package import JSON

/// Where a workflow stands: the tasks that are being run, the data between them, and the effects that they wait for.
///
/// It changes in two ways only: the interpreter makes a new one, and what effects came to is received into it.
package struct WorkflowPlace: Sendable, Equatable {
    /// The workflow's context data, `$context`.
    var context = JSONValue.null
    /// The workflow itself, with its running tasks inside; nil before the beginning and after the end.
    var root: Activation?
    /// The effects that are open, in the order they were opened; behind them those that came to something, in the order
    /// in which they did.
    package internal(set) var effects: [OpenWorkflowEffect] = []
    /// How it ended, if it did.
    package internal(set) var ending: WorkflowEnding?
    /// Whether it stopped for no other reason than to commit: it goes on at once.
    package internal(set) var isYielding = false
    /// The number of activations so far, for their ids.
    var activations: Int64 = 0
    /// The number of tasks begun since an effect came to something, and what acts count for.
    package internal(set) var begunTasks: Int64 = 0

    /// A workflow that has not begun.
    package init() {}

    /// Takes in what an effect came to; false if it is not open or has come to something already.
    package mutating func receive(_ arrival: EffectArrival, for effect: Int64) -> Bool {
        guard let index = effects.firstIndex(where: { $0.id == effect }), effects[index].arrival == nil else {
            return false
        }
        var effect = effects.remove(at: index)
        effect.arrival = arrival
        effects.append(effect)
        return true
    }

    /// Whether there is anything for the interpreter to do.
    package var canAdvance: Bool {
        ending == nil && (root == nil || isYielding || effects.contains { $0.arrival != nil })
    }

    /// The next time at which a timer falls due.
    package var wakeAt: Timestamp? {
        effects.lazy.compactMap { effect in effect.arrival == nil ? effect.kind.due : nil }.min()
    }

    /// The timers that are due, in the order they were set.
    package func dueTimers(at time: Timestamp) -> [Int64] {
        effects.filter { effect in effect.arrival == nil && effect.kind.due.map { $0 <= time } == true }.map(\.id)
    }
}

/// How a workflow ended.
package enum WorkflowEnding: Sendable, Equatable {
    /// With its output.
    case completed(JSONValue)
    /// With an error that nothing caught.
    case failed(WorkflowError)
}

/// An effect that a workflow waits for.
package struct OpenWorkflowEffect: Sendable, Equatable {
    /// The number of the event that opened it.
    package let id: Int64
    /// What it is.
    package let kind: Kind
    /// What it came to, until the interpreter has taken it.
    package internal(set) var arrival: EffectArrival?

    /// What a state must know of an open effect; the event that opened it has the rest.
    package enum Kind: Sendable, Equatable {
        /// A time to wait for.
        case timer(due: Timestamp)
        /// An HTTP call.
        case call
        /// A question to a human.
        case request(RequestID)
        /// Another workflow's session.
        case child

        var due: Timestamp? {
            if case .timer(let due) = self { due } else { nil }
        }
    }
}

/// What an effect came to.
package enum EffectArrival: Sendable, Equatable {
    /// The timer fired.
    case fired
    /// The value: a call's response, a child's output, an answer.
    case value(JSONValue)
    /// It went wrong: a problem document, whose `instance` is set by the task.
    case failed(JSONValue)
    /// The request expired; with the declared default if one stands for an answer.
    case expired(standsFor: JSONValue?)
    /// The request was withdrawn.
    case withdrawn
}
