import HoldpointCore
import HoldpointPorts

/// A node of Holdpoint: sessions, their deadlines, stored commands and subscribers, over its ports.
///
/// Made once, run once. `run` takes up the node's shards and serves until `stop`.
package final class Engine: SessionGateway {
    let services: SessionServices
    let directory: SessionDirectory
    let router: HITLRouter
    let hub: StreamHub
    let deadlines: DeadlineService
    let effects: EffectService
    let audit: AuditService
    let access: AccessCache
    let life: Life
    let shards: ShardService
    private let stopping: Signal
    private let finished: Signal

    package init(configuration: EngineConfiguration, ports: EnginePorts) {
        let executors = ports.executors
        let queue = DeadlineQueue(on: executors.executor(), clock: ports.clock, configuration: configuration)
        stopping = Signal(on: executors.executor())
        finished = Signal(on: executors.executor())
        let tenure = NodeTenure(clock: ports.clock)
        services = SessionServices(
            ports: ports, configuration: configuration, tenure: tenure,
            ownership: Ownership(on: executors.executor(), tenure: tenure), deadlines: queue,
            effects: EffectQueue(on: executors.executor(), configuration: configuration),
            audit: AuditQueue(
                on: executors.executor(), clock: ports.clock, configuration: configuration, tenure: tenure),
            access: AccessCache(ports: ports, configuration: configuration),
            policies: PolicyShelf(ports: ports, configuration: configuration),
            counterTurns: CounterTurns(on: executors.executor()),
            webhooks: WebhookCache(ports: ports, configuration: configuration),
            outbox: OutboxQueue(on: executors.executor(), configuration: configuration),
            counters: EngineCounters(on: executors.executor()))
        directory = SessionDirectory(services: services)
        router = HITLRouter(services: services, directory: directory)
        hub = StreamHub(services: services)
        audit = AuditService(services: services, hub: hub)
        deadlines = DeadlineService(services: services, directory: directory)
        effects = EffectService(services: services, directory: directory, deadlines: deadlines)
        access = services.access
        life = Life()
        shards = ShardService(
            services: services, directory: directory, router: router, deadlines: deadlines, life: life)
    }

    /// Takes up the shards, does what is due, and serves until `stop`; then lays down what it took up.
    ///
    /// - Throws: `EngineFailure` when the store cannot be taken up, or the shards were lost.
    package func run() async throws(EngineFailure) {
        let gained: [ShardGain]
        do {
            gained = try await shards.join()
            if !services.tenure.isShared { try await begin(gained) }
        } catch {
            await finished.set()
            throw EngineFailure(detail: "cannot take up the store: \(error)")
        }
        if services.tenure.isShared {
            // What is due is done shard by shard, while the lease is kept; each is served once that is done.
            life.begin(isCautious: false, now: services.ports.clock.now(), milliseconds: 0)
        }
        await deadlines.fillHorizon(until: stopping)
        life.becomeReady()
        await serve(gained)
        let isClean = (try? await services.ports.journal.layDown()) != nil
        await finished.set()
        if !isClean { throw EngineFailure(detail: "the store could not record a clean stop") }
    }

    /// Takes up a store that no other node shares, and does what is due before anything else.
    private func begin(_ gained: [ShardGain]) async throws(JournalError) {
        await services.ownership.take(gained.map(\.fence))
        let isUnclean = gained.contains(where: \.followsUncleanDeath)
        life.begin(
            isCautious: isUnclean, now: services.ports.clock.now(),
            milliseconds: services.configuration.cautionMilliseconds)
        if isUnclean {
            try await Recovery(services: services, directory: directory, router: router, deadlines: deadlines).run()
        }
        services.tenure.set(gained.map(\.fence.shard), areServed: true)
    }

    /// Stops gracefully: takes nothing new, finishes what is under way, and returns when `run` has ended.
    package func stop() async {
        life.beginStop()
        await stopping.set()
        await services.deadlines.close()
        await services.effects.close()
        await services.outbox.close()
        await services.audit.close()
        services.ports.streams.close()
        await hub.endAll()
        await finished.wait()
    }

    /// How many sessions are in memory.
    package var residentSessions: Int {
        get async { await directory.count }
    }

    /// How many deadlines are in memory, each of another session.
    package var armedDeadlines: Int {
        get async { await services.deadlines.count }
    }

    private func serve(_ gained: [ShardGain]) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.shards.run(gained, until: self.stopping) }
            group.addTask { await self.router.readAnnouncements() }
            group.addTask { await self.router.askForOutcomes(until: self.stopping) }
            group.addTask { await self.router.readDeliveries() }
            group.addTask { await self.router.sweepRegularly(until: self.stopping) }
            group.addTask { await self.deadlines.run(until: self.stopping) }
            group.addTask { await self.effects.run() }
            group.addTask { await self.hub.run() }
            group.addTask { await self.hub.checkHeadsRegularly(until: self.stopping) }
            group.addTask { await self.passivateRegularly() }
            group.addTask { await self.retention.run(until: self.stopping) }
            group.addTask { await self.outbox.run() }
            group.addTask { await self.outbox.sweepRegularly(until: self.stopping) }
            group.addTask { await self.outbox.clearRegularly(until: self.stopping) }
            group.addTask { await self.audit.run(until: self.stopping) }
            group.addTask { await self.audit.sweepRegularly(until: self.stopping) }
        }
    }

    private var retention: RetentionService {
        RetentionService(services: services, directory: directory, audit: audit)
    }

    private var outbox: OutboxService { OutboxService(services: services) }

    private func passivateRegularly() async {
        let clock = services.ports.clock
        while await !stopping.isSet {
            await stopping.wait(
                orUntil: clock.now().adding(milliseconds: services.configuration.passivationMilliseconds), clock: clock)
            await directory.passivate()
        }
    }
}

/// Why an engine ended, or could not begin.
package struct EngineFailure: Error, Sendable, CustomStringConvertible {
    /// One sentence for the log.
    package let detail: String

    package var description: String { detail }
}
