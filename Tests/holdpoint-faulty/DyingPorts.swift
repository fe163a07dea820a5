import HoldpointCore
import HoldpointPorts
import HoldpointTesting

/// The store, with death before and after what it makes durable.
struct DyingJournal: JournalDecorator {
    let base: any Journal
    let trigger: FaultTrigger

    func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        for event in commit.events { trigger.trapIfPlanned(on: event.data) }
        let expires = commit.events.contains { $0.type == RequestExpired.type }
        if commit.decided != nil { trigger.pass(.beforeOutcome) }
        if commit.snapshot != nil { trigger.pass(.beforeSnapshotCommit) }
        if expires { trigger.pass(.beforeTimerCommit) }
        trigger.pass(.beforeCommit)
        let receipt = try await base.commit(commit)
        trigger.pass(.afterCommit)
        if expires { trigger.pass(.afterTimerCommit) }
        if commit.snapshot != nil { trigger.pass(.afterSnapshotCommit) }
        if commit.decided != nil { trigger.pass(.afterOutcome) }
        return receipt
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

    func standingGroups() async throws(JournalError) -> [RecoveryGroup] {
        trigger.pass(.duringRecovery)
        return try await base.standingGroups()
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
struct DyingStreams: StreamBus {
    let base: any StreamBus
    let trigger: FaultTrigger

    func ring(_ doorbell: Doorbell) {
        trigger.pass(.beforeDoorbell)
        base.ring(doorbell)
        trigger.pass(.afterDoorbell)
    }

    func nextDoorbells() async -> [Doorbell] { await base.nextDoorbells() }

    func deliver(_ delivery: CommandDelivery) { base.deliver(delivery) }

    func nextDeliveries() async -> [CommandDelivery] { await base.nextDeliveries() }

    func acknowledge(_ delivery: CommandDelivery) { base.acknowledge(delivery) }

    func close() { base.close() }
}
