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
    let access: AccessCache
    let life: Life
    private let stopping: Signal
    private let finished: Signal

    package init(configuration: EngineConfiguration, ports: EnginePorts) {
        let executors = ports.executors
        let queue = DeadlineQueue(on: executors.executor(), clock: ports.clock, configuration: configuration)
        stopping = Signal(on: executors.executor())
        finished = Signal(on: executors.executor())
        services = SessionServices(
            ports: ports, configuration: configuration, ownership: Ownership(on: executors.executor()),
            deadlines: queue, effects: EffectQueue(on: executors.executor(), configuration: configuration),
            access: AccessCache(ports: ports, configuration: configuration),
            counters: EngineCounters(on: executors.executor()))
        directory = SessionDirectory(services: services)
        router = HITLRouter(services: services, directory: directory)
        hub = StreamHub(services: services)
        deadlines = DeadlineService(services: services, directory: directory)
        effects = EffectService(services: services, directory: directory, deadlines: deadlines)
        access = services.access
        life = Life()
    }

    /// Takes up the shards, does what is due, and serves until `stop`; then lays down what it took up.
    ///
    /// - Throws: `EngineFailure` when the store cannot be taken up, or the shards were lost.
    package func run() async throws(EngineFailure) {
        let tenure: Tenure
        do {
            tenure = try await services.ports.journal.takeUp(node: services.configuration.node)
            await services.ownership.take(tenure.fences)
            life.begin(
                isCautious: tenure.followsUncleanDeath, now: services.ports.clock.now(),
                milliseconds: services.configuration.cautionMilliseconds)
            if tenure.followsUncleanDeath {
                await router.setCountsFirst(true)
                try await Recovery(services: services, directory: directory, router: router, deadlines: deadlines).run()
            }
        } catch {
            await finished.set()
            throw EngineFailure(detail: "cannot take up the store: \(error)")
        }
        await deadlines.fillHorizon(until: stopping)
        life.becomeReady()
        await serve()
        let isClean = (try? await services.ports.journal.layDown()) != nil
        await finished.set()
        if !isClean { throw EngineFailure(detail: "the store could not record a clean stop") }
    }

    /// Stops gracefully: takes nothing new, finishes what is under way, and returns when `run` has ended.
    package func stop() async {
        life.beginStop()
        await stopping.set()
        await services.deadlines.close()
        await services.effects.close()
        services.ports.streams.close()
        await hub.endAll()
        await finished.wait()
    }

    /// How many sessions are in memory.
    package var residentSessions: Int {
        get async { await directory.count }
    }

    private func serve() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.router.readDeliveries() }
            group.addTask { await self.router.sweepRegularly(until: self.stopping) }
            group.addTask { await self.deadlines.run(until: self.stopping) }
            group.addTask { await self.effects.run() }
            group.addTask { await self.hub.run() }
            group.addTask { await self.hub.checkHeadsRegularly(until: self.stopping) }
            group.addTask { await self.passivateRegularly() }
            group.addTask { await self.endCaution() }
        }
    }

    private func passivateRegularly() async {
        let clock = services.ports.clock
        while await !stopping.isSet {
            await stopping.wait(
                orUntil: clock.now().adding(milliseconds: services.configuration.passivationMilliseconds), clock: clock)
            await directory.passivate()
        }
    }

    private func endCaution() async {
        guard let end = life.cautionEnd else { return }
        await stopping.wait(orUntil: end, clock: services.ports.clock)
        await router.setCountsFirst(false)
    }
}

/// Why an engine ended, or could not begin.
package struct EngineFailure: Error, Sendable, CustomStringConvertible {
    /// One sentence for the log.
    package let detail: String

    package var description: String { detail }
}
