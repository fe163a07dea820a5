import HoldpointCore
package import HoldpointPorts

/// Named places between a node and its ports, where a test may end the process.
package enum CrashPoint: String, Sendable, Hashable, CaseIterable {
    case beforeCommit = "before-commit"
    case afterCommit = "after-commit"
    case beforeSnapshot = "before-snapshot"
    case afterSnapshot = "after-snapshot"
    case beforeTimer = "before-timer"
    case afterTimer = "after-timer"
    case beforeStore = "before-store"
    case afterStore = "after-store"
    case beforeDoorbell = "before-doorbell"
    case afterDoorbell = "after-doorbell"
}

/// A journal that tells when a named point is reached.
package final class WatchedJournal: JournalDecorator {
    package let base: any Journal
    private let reach: @Sendable (CrashPoint) -> Void

    /// - Parameter reach: called at each point, on the caller's thread; it may not return.
    package init(_ base: any Journal, reach: @escaping @Sendable (CrashPoint) -> Void) {
        self.base = base
        self.reach = reach
    }

    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        let expires = commit.events.contains { $0.type == RequestExpired.type }
        reach(.beforeCommit)
        if commit.snapshot != nil { reach(.beforeSnapshot) }
        if expires { reach(.beforeTimer) }
        let receipt = try await base.commit(commit)
        if expires { reach(.afterTimer) }
        if commit.snapshot != nil { reach(.afterSnapshot) }
        reach(.afterCommit)
        return receipt
    }

    package func store(_ command: StoredCommand) async throws(JournalError) {
        reach(.beforeStore)
        try await base.store(command)
        reach(.afterStore)
    }
}

/// Streams that tell when a doorbell is about to ring, and has rung.
package final class WatchedStreams: StreamBusDecorator {
    package let base: any StreamBus
    private let reach: @Sendable (CrashPoint) -> Void

    /// - Parameter reach: called at each point, on the caller's thread; it may not return.
    package init(_ base: any StreamBus, reach: @escaping @Sendable (CrashPoint) -> Void) {
        self.base = base
        self.reach = reach
    }

    package func ring(_ doorbell: Doorbell) {
        reach(.beforeDoorbell)
        base.ring(doorbell)
        reach(.afterDoorbell)
    }
}
