import JSON

extension CallResult {
    /// Judges what a performer reported.
    ///
    /// A failure that another attempt cannot mend is told to the program as a communication error. What was surely not
    /// sent for a reason of this node's own is sent later. What left and has no answer is unknown: only that may have
    /// to be asked about.
    ///
    /// - Parameters:
    ///   - attempt: the number of this attempt, from 1.
    ///   - mask: hides the secrets that were sent, wherever the answer repeats them (I9).
    ///   - maximumBytes: how long the response may be as it is recorded.
    package init(
        of outcome: HTTPCall.Outcome, effect: HTTPCallEffect, attempt: Int64, now: Timestamp,
        mask: SecretMask = SecretMask([]), maximumBytes: Int = CallLimits.responseBytes
    ) {
        switch outcome {
        case .answered(let answer):
            let response = answer.response(isRaw: effect.isRaw, mask: mask)
            guard DataMeasure(response, upTo: maximumBytes, deepest: .max).fits,
                response.serialized().count <= maximumBytes
            else {
                self = .tooLarge(effect, maximumBytes: maximumBytes, now: now)
                return
            }
            self = .completed(response: response)
        case .notPerformed(let failure):
            switch failure {
            case .overloaded, .notPermitted, .cancelled: self = .notSent(failure.description, now: now)
            case .addressRefused, .unreachable, .insecure, .timedOut, .cutOff, .answerTooLarge, .redirectRefused,
                .invalid:
                self = .failed(failure, effect)
            }
        case .unknown(let failure):
            switch failure {
            case .answerTooLarge, .redirectRefused, .addressRefused:
                self = .unusable(effect, failure.description, .failed(failure, effect), now: now)
            case .overloaded, .notPermitted, .unreachable, .insecure, .timedOut, .cutOff, .cancelled, .invalid:
                let rest = CallLimits.backoff(after: attempt)
                self = .unknown(reason: failure.description, retryAt: now.adding(milliseconds: rest))
            }
        }
    }

    /// The call could not be sent now, for a reason that passes.
    package static func notSent(_ reason: String, now: Timestamp) -> CallResult {
        .notSent(reason: reason, retryAt: now.adding(milliseconds: CallLimits.postponementMilliseconds))
    }

    /// The call cannot be put together, or a secret that it names is missing: nothing was sent.
    package static func misconfigured(_ detail: String, _ effect: HTTPCallEffect) -> CallResult {
        .failed(problem: WorkflowError(.configuration, detail, at: effect.task).json)
    }

    /// The answer is longer than is recorded.
    package static func tooLarge(_ effect: HTTPCallEffect, maximumBytes: Int, now: Timestamp) -> CallResult {
        let detail = "the answer was too large: its record may have at most \(maximumBytes) bytes"
        let problem = WorkflowError(.communication, detail, at: effect.task).json
        return unusable(effect, detail, .failed(problem: problem), now: now)
    }

    /// The call was made, and its answer is of no use; another attempt would get the same.
    ///
    /// An error could be caught by a `retry` and the call be made again, under another key. Where that must not be, a
    /// human says what is to become of it.
    private static func unusable(
        _ effect: HTTPCallEffect, _ reason: String, _ failed: CallResult, now: Timestamp
    ) -> CallResult {
        effect.isIdempotent ? failed : .unknown(reason: "it left, but \(reason)", retryAt: now)
    }

    private static func failed(_ failure: HTTPCall.Failure, _ effect: HTTPCallEffect) -> CallResult {
        let error = WorkflowError(.communication, failure.description, at: effect.task, status: failure.status)
        return .failed(problem: error.json)
    }
}

extension HTTPCall.Failure {
    /// The status of a communication error, by which a workflow can tell what may be worth a retry.
    ///
    /// That of a gateway (RFC 9110 sections 15.6.3 and 15.6.5) where the other side did not answer, else the DSL's own.
    var status: Int64 {
        switch self {
        case .unreachable, .cutOff: 502
        case .timedOut: 504
        case .overloaded, .notPermitted, .addressRefused, .insecure, .answerTooLarge, .redirectRefused, .cancelled,
            .invalid:
            WorkflowError.Kind.communication.status
        }
    }
}
