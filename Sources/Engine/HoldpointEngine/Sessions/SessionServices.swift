import HoldpointCore
import HoldpointPorts

/// What every session actor shares; a class, so that to hold it is one reference and not all that it holds.
final class SessionServices: Sendable {
    let ports: EnginePorts
    let configuration: EngineConfiguration
    let tenure: NodeTenure
    let ownership: Ownership
    let deadlines: DeadlineQueue
    let effects: EffectQueue
    let audit: AuditQueue
    let access: AccessCache
    let policies: PolicyShelf
    let counterTurns: CounterTurns
    let webhooks: WebhookCache
    let outbox: OutboxQueue
    let counters: EngineCounters

    init(
        ports: EnginePorts, configuration: EngineConfiguration, tenure: NodeTenure, ownership: Ownership,
        deadlines: DeadlineQueue,
        effects: EffectQueue, audit: AuditQueue, access: AccessCache, policies: PolicyShelf,
        counterTurns: CounterTurns, webhooks: WebhookCache, outbox: OutboxQueue, counters: EngineCounters
    ) {
        self.ports = ports
        self.configuration = configuration
        self.tenure = tenure
        self.ownership = ownership
        self.deadlines = deadlines
        self.effects = effects
        self.audit = audit
        self.access = access
        self.policies = policies
        self.counterTurns = counterTurns
        self.webhooks = webhooks
        self.outbox = outbox
        self.counters = counters
    }
}

extension SessionServices {
    /// Marks a session in the store, or lifts its mark; under the newer fence where the one that is known is old.
    ///
    /// Another session's doubt may have raised the generation, or a hand-over of other shards, which tells nobody.
    ///
    /// - Throws: `fenced` when the shard is not this node's any more.
    func setQuarantine(_ reason: String?, of key: SessionKey, in scope: Scope) async throws(JournalError) {
        guard let fence = await ownership.fence(for: key.shard) else { throw .fenced }
        let journal = ports.journal
        do {
            try await journal.setQuarantine(reason, of: key, in: scope, fence: fence)
        } catch .fenced {
            let raised = try await journal.raiseGeneration(of: fence)
            await ownership.raise(to: raised)
            try await journal.setQuarantine(reason, of: key, in: scope, fence: raised)
        }
    }
}

/// Counts what operators want to know of; read by metrics and tests.
actor EngineCounters {
    /// Snapshots that did not verify, so that the whole log was folded instead.
    private(set) var snapshotsRefused = 0
    /// Commits whose outcome was unknown at first.
    private(set) var commitsInDoubt = 0
    /// Sessions that were quarantined.
    private(set) var quarantined = 0
    /// Sessions that were retired.
    private(set) var retired = 0
    /// Rows that were appended to audit logs.
    private(set) var audited = 0
    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(on executor: any Actor) {
        self.executor = executor
    }

    func countRefusedSnapshot() { snapshotsRefused += 1 }
    func countDoubt() { commitsInDoubt += 1 }
    func countQuarantine() { quarantined += 1 }
    func countRetired(_ sessions: Int) { retired += sessions }
    func countAudited(_ rows: Int) { audited += rows }
}
