import HoldpointCore
import HoldpointPorts
import HoldpointTesting

/// The store, with death before and after what it makes durable.
struct DyingJournal: JournalDecorator {
    let base: any Journal
    let trigger: FaultTrigger

    /// What commits record that tells what a call came to.
    private static let callOutcomes = [ToolCompleted.type, ToolFailed.type, ToolPostponed.type, ToolDoubted.type]

    func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        for event in commit.events { trigger.trapIfPlanned(on: event.data) }
        let points = Self.points(around: commit)
        for point in points { trigger.pass(point.before) }
        let receipt = try await base.commit(commit)
        for point in points.reversed() { trigger.pass(point.after) }
        return receipt
    }

    /// The points that a commit passes, the innermost last.
    private static func points(around commit: SessionCommit) -> [(before: FaultPoint, after: FaultPoint)] {
        var points: [(before: FaultPoint, after: FaultPoint)] = []
        if commit.decided != nil { points.append((.beforeOutcome, .afterOutcome)) }
        if commit.snapshot != nil { points.append((.beforeSnapshotCommit, .afterSnapshotCommit)) }
        if commit.events.contains(where: { callOutcomes.contains($0.type) }) {
            points.append((.beforeCallOutcome, .afterCallOutcome))
        }
        if commit.events.contains(where: { $0.type == RequestExpired.type }) {
            points.append((.beforeTimerCommit, .afterTimerCommit))
        }
        return points + [(.beforeCommit, .afterCommit)]
    }

    func store(_ command: StoredCommand) async throws(JournalError) {
        trigger.pass(.beforeStore)
        try await base.store(command)
        trigger.pass(.afterStore)
    }

    func decide(_ decided: DecidedCommand, in scope: Scope) async throws(JournalError) -> Bool {
        trigger.pass(.beforeOutcome)
        let isFirst = try await base.decide(decided, in: scope)
        trigger.pass(.afterOutcome)
        return isFirst
    }

    func standingGroups(among shards: [Shard]) async throws(JournalError) -> [RecoveryGroup] {
        trigger.pass(.duringRecovery)
        return try await base.standingGroups(among: shards)
    }

    func writeDown(_ group: RecoveryGroup) async throws(JournalError) {
        try await base.writeDown(group)
        trigger.pass(.duringRecovery)
    }

    func strikeOff(_ group: Int64) async throws(JournalError) {
        trigger.pass(.duringRecovery)
        try await base.strikeOff(group)
    }
}

/// The live side, with death before and after a doorbell.
struct DyingStreams: StreamBusDecorator {
    let base: any StreamBus
    let trigger: FaultTrigger

    func ring(_ doorbell: Doorbell) {
        trigger.pass(.beforeDoorbell)
        base.ring(doorbell)
        trigger.pass(.afterDoorbell)
    }
}
