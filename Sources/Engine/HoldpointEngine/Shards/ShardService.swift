import HoldpointCore
import HoldpointPorts

/// Keeps this node's lease, takes up what it gains and hands over what is too much.
///
/// In a store of one process there is nothing to keep: `join` takes all shards, and `run` waits for the end.
actor ShardService {
    private let services: SessionServices
    private let directory: SessionDirectory
    private let router: HITLRouter
    private let deadlines: DeadlineService
    private let life: Life
    /// Shards that are given up here and, as far as is known, not yet in the store.
    private var leaving: [Fence] = []
    /// How often this node took shards over whose owner had died.
    private(set) var takeovers = 0
    /// The number of the latest forms that may be written, as the last renewal said.
    private(set) var formats: Int64?

    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(
        services: SessionServices, directory: SessionDirectory, router: HITLRouter, deadlines: DeadlineService,
        life: Life
    ) {
        self.services = services
        executor = services.ports.executors.executor()
        self.directory = directory
        self.router = router
        self.deadlines = deadlines
        self.life = life
    }

    private var clock: any Clock { services.ports.clock }

    /// Takes up the store; returns what this node owns now, with whether it follows an unclean death.
    func join() async throws(JournalError) -> [ShardGain] {
        let asked = clock.steadyMilliseconds
        let tenure = try await services.ports.journal.takeUp(node: services.configuration.node)
        let report = try await services.ports.journal.renew()
        note(report, askedAt: asked)
        let taken = tenure.fences.map { ShardGain(fence: $0, followsUncleanDeath: tenure.followsUncleanDeath) }
        return taken + report.gained
    }

    /// Renews the lease until the engine stops, where there is one to renew.
    func run(_ first: [ShardGain], until stop: Signal) async {
        guard services.tenure.isShared else { return await stop.wait() }
        await withDiscardingTaskGroup { group in
            var gained = first
            while await !stop.isSet {
                if !gained.isEmpty {
                    let taken = gained
                    group.addTask { await self.takeOver(taken) }
                }
                await stop.wait(
                    orUntil: clock.now().adding(milliseconds: services.configuration.renewalMilliseconds),
                    clock: clock)
                if await stop.isSet { break }
                gained = await renew()
            }
        }
    }

    /// Renews once; returns what there is to take over.
    private func renew() async -> [ShardGain] {
        let asked = clock.steadyMilliseconds
        if !services.tenure.isValid {
            // Whatever the store says now, what is in memory may have been overtaken.
            await loseAll()
            return await rejoin()
        }
        do {
            let report = try await services.ports.journal.renew()
            note(report, askedAt: asked)
            await handOver(atMost: report.excess)
            return report.gained
        } catch .fenced {
            await loseAll()
            return await rejoin()
        } catch {
            // The store is away. The lease stands until its end, and then nothing is decided any more.
            return []
        }
    }

    private func rejoin() async -> [ShardGain] {
        do {
            return try await join()
        } catch {
            return []
        }
    }

    private func note(_ report: LeaseReport, askedAt asked: Int64) {
        formats = report.formats
        if let time = report.time { clock.agree(on: time) }
        services.tenure.extend(to: report.milliseconds.map { asked + $0 })
    }

    /// Does what is due in shards that are this node's now, and serves them.
    func takeOver(_ gained: [ShardGain]) async {
        await services.ownership.take(gained.map(\.fence))
        let shards = gained.map(\.fence.shard).sorted()
        let suspected = gained.filter(\.followsUncleanDeath).map(\.fence.shard).sorted()
        if !suspected.isEmpty {
            takeovers += 1
            life.beCautious(from: clock.now(), milliseconds: services.configuration.cautionMilliseconds)
            await router.setCountsFirst(true)
            let recovery = Recovery(services: services, directory: directory, router: router, deadlines: deadlines)
            while services.tenure.isValid {
                do {
                    try await recovery.run(oneByOne: suspected)
                    break
                } catch .unavailable, .overloaded, .inDoubt {
                    await clock.sleep(
                        until: clock.now().adding(milliseconds: services.configuration.timerRetryMilliseconds))
                } catch {
                    break
                }
            }
        }
        var served: [Shard] = []
        for gain in gained where await services.ownership.fence(for: gain.fence.shard)?.epoch == gain.fence.epoch {
            served.append(gain.fence.shard)
        }
        services.tenure.set(served, areServed: true)
        services.ports.streams.serve(services.tenure.served)
        await deadlines.fill(shards)
        await router.sweep(shards)
    }

    /// Gives up shards for nodes that have too few: those in which nothing is under way that must end here.
    private func handOver(atMost count: Int) async {
        if count > 0 {
            let busy = await directory.shardsWithCalls()
            let free = services.tenure.served.filter { !busy.contains($0) }
            for shard in free.suffix(min(count, services.configuration.handOverAtOnce)) { await leave(shard) }
            services.ports.streams.serve(services.tenure.served)
        }
        guard !leaving.isEmpty else { return }
        do {
            try await services.ports.journal.handOver(leaving)
            leaving = []
        } catch .unavailable, .overloaded, .inDoubt {
            // Nothing is lost: the shards rest until the next renewal tries again.
            return
        } catch {
            leaving = []
        }
    }

    private func leave(_ shard: Shard) async {
        guard let fence = await services.ownership.fence(for: shard) else { return }
        services.tenure.set([shard], areServed: false)
        // First of all nothing is loaded any more; what is under way still has its right in the store.
        await services.ownership.drop(shard)
        await directory.drain(shard)
        leaving.append(fence)
    }

    /// Gives up everything at once: the lease is over.
    private func loseAll() async {
        services.tenure.set(Shard.all, areServed: false)
        services.ports.streams.serve([])
        for shard in await services.ownership.shards() { await services.ownership.drop(shard) }
        leaving = []
        await directory.dropAll()
    }

    /// Ends the caution after a death when its time is over.
    func endCaution(until stop: Signal) async {
        while await !stop.isSet {
            await stop.wait(
                orUntil: clock.now().adding(milliseconds: services.configuration.renewalMilliseconds), clock: clock)
            if let end = life.cautionEnd, end <= clock.now() {
                life.endCaution()
                await router.setCountsFirst(false)
            }
        }
    }
}
