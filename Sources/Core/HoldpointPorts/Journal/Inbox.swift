package import HoldpointCore

/// A command that was stored first, to be decided by the session's owner later, exactly once (I3).
package struct StoredCommand: Sendable, Equatable {
    /// Its id; ids sort by time of receipt.
    package let id: StoredCommandID
    /// The session that it is for, which need not exist yet: the command may be its start.
    package let session: SessionIdentity
    /// The kind, for `CommandRegistry`.
    package let kind: String
    /// The sealed command; opaque to the store (I9).
    package let sealed: [UInt8]
    /// Who gave it.
    package let principal: Principal
    /// When it was received, by the store's clock.
    package let receivedAt: Timestamp
    /// How often it was begun without an outcome and without the store being to blame.
    package let attempts: Int64

    package init(
        id: StoredCommandID, session: SessionIdentity, kind: String, sealed: [UInt8], principal: Principal,
        receivedAt: Timestamp, attempts: Int64 = 0
    ) {
        self.id = id
        self.session = session
        self.kind = kind
        self.sealed = sealed
        self.principal = principal
        self.receivedAt = receivedAt
        self.attempts = attempts
    }

    /// Kinds of commands that are due for a quarantined session, too: an operator's word that it may go on.
    package static let kindsForQuarantined = [ResumeSession.kind]

    /// Whether it answers a request; answers and other commands travel on streams of their own.
    package var isAnswer: Bool { kind == AnswerRequest.kind }
}

/// A stored command within its scope.
package struct StoredCommandReference: Sendable, Hashable {
    /// Tenant and project.
    package let scope: Scope
    /// Which command.
    package let id: StoredCommandID

    package init(scope: Scope, id: StoredCommandID) {
        self.scope = scope
        self.id = id
    }
}

/// What became of a stored command; there is exactly one for each.
package enum StoredOutcome: Sendable, Equatable {
    /// It was applied, with this reply.
    case applied(CommandReply)
    /// It changed nothing, for this reason.
    case refused(Rejection)
    /// It failed by itself too often; an operator may look into it.
    case dead(String)
}

extension StoredOutcome {
    /// Whether the command was given up: then what it was is kept for whoever looks into it; else the store drops its
    /// sealed form with the outcome, since it may hold secrets (I9).
    package var isGivenUp: Bool {
        if case .dead = self { true } else { false }
    }
}

/// An outcome to write in the transaction of a commit.
package struct DecidedCommand: Sendable, Equatable {
    /// Which stored command.
    package let id: StoredCommandID
    /// What became of it.
    package let outcome: StoredOutcome

    package init(id: StoredCommandID, outcome: StoredOutcome) {
        self.id = id
        self.outcome = outcome
    }
}

/// A stored command as the API shows it.
package struct StoredCommandView: Sendable, Equatable {
    /// The command.
    package let command: StoredCommand
    /// What became of it; nil while it waits.
    package let outcome: StoredOutcome?

    package init(command: StoredCommand, outcome: StoredOutcome?) {
        self.command = command
        self.outcome = outcome
    }
}
