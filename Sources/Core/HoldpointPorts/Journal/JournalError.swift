package import HoldpointCore

/// Why a store did not do what it was asked.
package enum JournalError: Error, Sendable, Equatable {
    /// The store is away or failing; nothing was changed. Trying again later may help.
    case unavailable(String)
    /// The commit queue is full; nothing was changed.
    case overloaded
    /// Whether the change was made is unknown; only reading can tell.
    case inDoubt(String)
    /// The shard belongs to a later epoch or the writer's generation was raised; nothing was changed (I2).
    case fenced
    /// The session's head is not where the commit expected it; nothing was changed.
    case conflict(head: Int64)
    /// The project has another session under that id; nothing was changed.
    case sessionExists(SessionKey)
    /// The project had a session under that id, which was retired; nothing was changed.
    case sessionDeleted
    /// The idempotency key was committed before, with this record; nothing was changed.
    indirect case idempotencyKeyUsed(IdempotencyRecord)
    /// The stored command has an outcome already; nothing was changed.
    indirect case alreadyDecided(StoredOutcome)
    /// The policy or a counter by which a call was judged has changed since; nothing was changed.
    case outdated
    /// The session carries the mark of quarantine.
    case quarantined
    /// The store refused the data itself; trying the same again cannot help.
    case refused(String)
    /// What is stored cannot be read.
    case corrupt(String)
}

/// Why a store could not be opened at all; the text names the place and what to do.
package struct JournalUnusable: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds that a start-up script may want to tell apart.
    package enum Kind: String, Sendable {
        /// Another engine holds the data.
        case inUse
        /// A later release wrote it.
        case newerFormat
        /// Nodes of an earlier release live that could not go on.
        case neededByEarlier
        /// Files cannot be read or written.
        case notAccessible
        /// It is damaged.
        case damaged
    }

    /// Which kind.
    package let kind: Kind
    /// What happened, where, and what to do.
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
