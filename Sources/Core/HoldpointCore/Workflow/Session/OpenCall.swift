import JSON

/// An HTTP call that a workflow has proposed and that has come to nothing yet.
package struct OpenCall: Sendable, Equatable {
    /// How far it is.
    package enum Phase: Sendable, Equatable {
        /// It may be made, from that time on. Can become `dispatched`, or end.
        case ready(notBefore: Timestamp?)
        /// It is about to leave or has left; at that time no more of it is under way.
        ///
        /// Can become `ready`, `doubted`, or end.
        case dispatched(until: Timestamp)
        /// Whether it was made is unknown, and a human is asked. Can become `judged`.
        case doubted(RequestID)
        /// A human has said what is to become of it. Can become `ready`, or end.
        case judged(CallVerdict)
    }

    /// The number of the event that proposed it: the last part of its idempotency key.
    package let id: Int64
    /// What is called.
    package let effect: HTTPCallEffect
    /// How far it is.
    package internal(set) var phase: Phase
    /// How often it has been tried without an answer.
    package internal(set) var attempts: Int64
    /// Bytes of event data that it holds on to.
    let heldBytes: Int

    /// Whether its arguments are still those whose digest was recorded, and allowed if a human was asked (I7).
    package func isIntact(_ hasher: any Hasher) -> Bool {
        (try? ArgumentsDigest.of(effect.arguments, hasher: hasher)) == effect.digest
    }

    /// Whether it may be made now.
    package func isReady(at now: Timestamp) -> Bool {
        if case .ready(let time) = phase { time.map { $0 <= now } ?? true } else { false }
    }

    /// What a human has said of it.
    var verdict: CallVerdict? {
        if case .judged(let verdict) = phase { verdict } else { nil }
    }

    /// The question about it that a human has not answered.
    var question: RequestID? {
        if case .doubted(let request) = phase { request } else { nil }
    }

    /// Whether it is made, or will be without anybody's word.
    var isAtWork: Bool {
        switch phase {
        case .ready, .dispatched, .judged: true
        case .doubted: false
        }
    }

    /// The next time at which something is to be done about it.
    package var dueAt: Timestamp? {
        switch phase {
        case .ready(let time): time
        case .dispatched(let until): until
        case .doubted, .judged: nil
        }
    }
}

/// What a human says of a call whose outcome is unknown.
package enum CallVerdict: String, Sendable, CaseIterable {
    /// It was made: the workflow goes on as after an empty answer.
    case done
    /// It was not, or may be made twice.
    case `repeat`
    /// It is to count as failed.
    case fail
}

extension OpenCall {
    /// The question that is asked when nobody knows whether the call was made.
    ///
    /// It shows what was called, never its headers or its body.
    func question(reason: String) -> JSONValue {
        [
            "type": "decision", "title": "Was this call made?",
            "message": .string("The outcome of an HTTP call is unknown: \(reason)."),
            "decision_type": "unknown_outcome",
            "context": [
                "call": .integer(id), "task": .string(effect.task),
                "method": effect.arguments["method"] ?? .null, "uri": effect.arguments["uri"] ?? .null,
                "arguments_digest": .string(effect.digest.description), "attempts": .integer(attempts),
            ],
            "options": [
                [
                    "id": .string(CallVerdict.done.rawValue), "label": "It was made",
                    "description": "The workflow goes on as after an empty answer.",
                ],
                [
                    "id": .string(CallVerdict.repeat.rawValue), "label": "Make it again", "risk": "high",
                    "description": "If it was made before, it is then made twice.",
                ],
                [
                    "id": .string(CallVerdict.fail.rawValue), "label": "Count it as failed",
                    "description": "The workflow goes on with a communication error.",
                ],
            ],
        ]
    }
}
