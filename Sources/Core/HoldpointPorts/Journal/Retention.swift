package import HoldpointCore

/// What becomes of a project's sessions some time after they ended; a project without one keeps everything.
package struct RetentionPolicy: Sendable, Equatable {
    /// What becomes of them.
    package enum Mode: String, Sendable, CaseIterable {
        /// All that is stored of them goes, but for a tombstone.
        case delete
        /// Their whole logs are kept apart first.
        case archive
    }

    /// How many whole days after its end a session is retired; 1 to `RetentionLimits.days`.
    package let finishedAfterDays: Int64
    /// What becomes of it then.
    package let mode: Mode

    /// Nil if the days are none that a policy may ask for.
    package init?(finishedAfterDays: Int64, mode: Mode) {
        guard (1...RetentionLimits.days).contains(finishedAfterDays) else { return nil }
        self.finishedAfterDays = finishedAfterDays
        self.mode = mode
    }

    /// Sessions that ended before this are retired.
    package func cutoff(at now: Timestamp) -> Timestamp {
        now.adding(milliseconds: -finishedAfterDays * 86_400_000)
    }
}

/// What is set for a project.
package struct RetentionSetting: Sendable, Equatable {
    /// Its policy; nil if it keeps everything.
    package let policy: RetentionPolicy?

    package init(policy: RetentionPolicy?) {
        self.policy = policy
    }
}

/// A project that has a policy, and which.
package struct ProjectRetention: Sendable, Equatable {
    /// Tenant and project.
    package let scope: Scope
    /// Its policy.
    package let policy: RetentionPolicy

    package init(scope: Scope, policy: RetentionPolicy) {
        self.scope = scope
        self.policy = policy
    }
}

/// A session that ended, and when.
package struct EndedSession: Sendable, Equatable {
    /// Which session.
    package let identity: SessionIdentity
    /// The time of its last event.
    package let endedAt: Timestamp

    package init(identity: SessionIdentity, endedAt: Timestamp) {
        self.identity = identity
        self.endedAt = endedAt
    }
}

/// Sessions of one project to retire in one transaction.
package struct Retirement: Sendable {
    /// Tenant and project.
    package let scope: Scope
    /// Which sessions.
    package let sessions: [SessionKey]
    /// The right to write each of their shards.
    package let fences: [Fence]
    /// One that did not end before this is left as it is.
    package let endedBefore: Timestamp
    /// What becomes of them.
    package let mode: RetentionPolicy.Mode
    /// When this is, for tombstones and archives.
    package let at: Timestamp

    package init(
        scope: Scope, sessions: [SessionKey], fences: [Fence], endedBefore: Timestamp, mode: RetentionPolicy.Mode,
        at: Timestamp
    ) {
        self.scope = scope
        self.sessions = sessions
        self.fences = fences
        self.endedBefore = endedBefore
        self.mode = mode
        self.at = at
    }

    /// Why a store must refuse it, whatever it holds: too many sessions, or one of a shard without a fence.
    package var refusal: JournalError? {
        if sessions.count > RetentionLimits.sessions {
            return .refused("at most \(RetentionLimits.sessions) sessions are retired at once, not \(sessions.count)")
        }
        let shards = Set(fences.map(\.shard))
        return sessions.allSatisfy { shards.contains($0.shard) } ? nil : .fenced
    }
}

/// What a transaction retired.
package struct RetiredPage: Sendable, Equatable {
    /// The sessions that are gone.
    package let retired: [SessionKey]
    /// Those that were not looked at, since the bytes of those before were enough.
    package let left: [SessionKey]

    package init(retired: [SessionKey], left: [SessionKey]) {
        self.retired = retired
        self.left = left
    }
}

/// A part of a retired session's log.
package struct ArchivePage: Sendable, Equatable {
    /// The session's internal key.
    package let key: SessionKey
    /// When the session was retired.
    package let retiredAt: Timestamp
    /// Bytes of the log as `ArchivedLog` writes it; pages are joined before lines are read.
    package let bytes: [UInt8]

    package init(key: SessionKey, retiredAt: Timestamp, bytes: [UInt8]) {
        self.key = key
        self.retiredAt = retiredAt
        self.bytes = bytes
    }
}
