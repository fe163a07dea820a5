package import JSON

/// Why a command changed nothing: a value with a code and a sentence, not a fault.
package struct Rejection: Error, Sendable, Equatable, CustomStringConvertible {
    /// The stable code.
    package let code: RejectionCode
    /// One sentence for people.
    package let detail: String
    /// What in the input does not fit, and where.
    package let violations: [JSONViolation]
    /// For an answer that came second: who answered, how and when.
    package let winner: JSONValue?

    package init(
        _ code: RejectionCode, _ detail: String, violations: [JSONViolation] = [],
        winner: JSONValue? = nil
    ) {
        self.code = code
        self.detail = detail
        self.violations = violations
        self.winner = winner
    }

    package var description: String { "\(code.rawValue): \(detail)" }
}

/// The stable codes of rejections, as they appear in problem documents.
package enum RejectionCode: String, Sendable, CaseIterable {
    case sessionNotFound = "session_not_found"
    case requestNotFound = "request_not_found"
    case agentNotFound = "agent_not_found"
    case agentUnknown = "agent_unknown"
    case policyNotFound = "policy_not_found"
    case invalidPolicy = "invalid_policy"
    case needsLaterForms = "needs_later_forms"
    case policyDemandsMore = "policy_demands_more"
    case secretNotFound = "secret_not_found"
    case commandNotFound = "command_not_found"
    case webhookNotFound = "webhook_not_found"
    case deliveryNotFound = "delivery_not_found"
    case sessionExists = "session_exists"
    case sessionDeleted = "session_deleted"
    case sessionFinished = "session_finished"
    case sessionPaused = "session_paused"
    case sessionQuarantined = "session_quarantined"
    case programDrivesItself = "program_drives_itself"
    case tooManyOpenRequests = "too_many_open_requests"
    case tooManyRequests = "too_many_requests"
    case stateTooLarge = "state_too_large"
    case callNotReady = "call_not_ready"
    case alreadyAnswered = "already_answered"
    case notDecided = "not_decided"
    case notTheOpener = "not_the_opener"
    case notAnApprover = "not_an_approver"
    case userUnknown = "user_unknown"
    case userNotFound = "user_not_found"
    case alreadyVoted = "already_voted"
    case argumentsEdited = "arguments_edited"
    case claimed
    case tooManyActs = "too_many_acts"
    case requestPending = "request_pending"
    case requestExpired = "request_expired"
    case requestCancelled = "request_cancelled"
    case eventTooLarge = "event_too_large"
    case invalidAnswer = "invalid_answer"
    case invalidInput = "invalid_input"
    case idempotencyMismatch = "idempotency_key_reused"
    case cursorInvalid = "cursor_invalid"
    case positionGone = "position_gone"
    case commandDead = "command_dead"

    /// The kinds of refusal that a transport tells apart.
    package enum Category: Sendable {
        /// Nothing by that name here.
        case notFound
        /// The caller's key may not.
        case forbidden
        /// The state forbids it.
        case conflict
        /// It was there and is over.
        case gone
        /// It is larger than a limit.
        case tooLarge
        /// It does not fit.
        case invalid
        /// It was tried and given up.
        case failed
    }

    /// What kind of refusal this is.
    package var category: Category {
        switch self {
        case .sessionNotFound, .requestNotFound, .agentNotFound, .secretNotFound, .commandNotFound, .userNotFound,
            .policyNotFound, .webhookNotFound, .deliveryNotFound:
            .notFound
        case .notTheOpener, .notAnApprover: .forbidden
        case .sessionExists, .sessionDeleted, .sessionFinished, .sessionPaused,
            .sessionQuarantined, .programDrivesItself,
            .needsLaterForms, .policyDemandsMore, .tooManyOpenRequests, .tooManyRequests, .stateTooLarge, .callNotReady,
            .alreadyAnswered, .alreadyVoted, .argumentsEdited, .claimed, .tooManyActs, .requestPending, .notDecided:
            .conflict
        case .requestExpired, .requestCancelled, .positionGone: .gone
        case .eventTooLarge: .tooLarge
        case .agentUnknown, .userUnknown, .invalidPolicy, .invalidAnswer, .invalidInput, .idempotencyMismatch,
            .cursorInvalid:
            .invalid
        case .commandDead: .failed
        }
    }
}
