/// The four kinds of question that a session can put to a human.
package enum RequestType: String, Sendable, Hashable, CaseIterable {
    /// Asks for information: options, free text, or both.
    case clarification
    /// Asks for a choice among options.
    case decision
    /// Asks for values of environment variables, secret ones sealed.
    case environment = "env_var"
    /// Asks whether one specific tool call may run.
    case permission
}

/// Where a request stands; every status but `pending` is final.
package enum RequestStatus: String, Sendable, Hashable, CaseIterable {
    /// Waiting for an answer. Can become any of the others.
    case pending
    /// A human answered.
    case answered
    /// The deadline passed first; a `permission` counts as rejected (I8).
    case expired
    /// Withdrawn by the agent, an operator or the end of the session.
    case cancelled
}
