package import HoldpointPorts

/// What a commit does to its session.
package enum CommitKind: Sendable, Equatable {
    /// It makes the session, which must not be there.
    case start
    /// It adds the next events.
    case advance
    /// Nothing: what it decides, answers or sends is written beside a session that stands at this very head.
    case stand
    /// Nothing: there is no session, and none may be there.
    case absent

    /// Reads it off a commit.
    package init(_ commit: SessionCommit) {
        switch (commit.expectedHead, commit.events.isEmpty) {
        case (0, true): self = .absent
        case (0, false): self = .start
        case (_, true): self = .stand
        case (_, false): self = .advance
        }
    }
}
