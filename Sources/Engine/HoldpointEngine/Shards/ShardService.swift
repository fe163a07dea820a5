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
    private var isHandingOver = false
    /// How often everything was lost: what was begun before a loss must not be ended after it.
    private var losses = 0
    /// Until when, by the steady count, the owners of shards that this node takes over may live: the store was away
    /// from it, and perhaps from them.
    private var doubtfulUntil = Int64.min
    /// What this life knows of marks that stood when its lease ended.
    private var knownMarks = KnownMarks()
    /// How often this node took shards over whose owner had died.
    private(set) var takeovers = 0
    /// Why shards that this node took over are not served yet, if something went wrong with it.
    private(set) var recoveryProblem: String?
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
        services.tenure.begin(until: note(report, askedAt: asked))
        let taken = tenure.fences.map { ShardGain(fence: $0, followsUncleanDeath: tenure.followsUncleanDeath) }
        return taken + report.gained
    }

    /// Renews the lease until the engine stops, where there is one to renew.
    ///
    /// What a renewal brings is done beside the next ones: neither a session's long turn nor a store that is slow to
    /// move a shard may cost the node its lease.
    func run(_ first: [ShardGain], until stop: Signal) async {
        guard services.tenure.isShared else { return await stop.wait() }
        await withDiscardingTaskGroup { group in
            var report = (gained: first, excess: 0)
            while await !stop.isSet {
                let (gained, excess) = report
                if !gained.isEmpty {
                    await services.ownership.take(gained.map(\.fence))
                    let (losses, isDoubtful) = (losses, clock.steadyMilliseconds < doubtfulUntil)
                    group.addTask { await self.takeOver(gained, after: losses, isDoubtful: isDoubtful) }
                }
                if beginsHandingOver(excess) { group.addTask { await self.handOver(atMost: excess) } }
                await stop.wait(
                    orUntil: clock.now().adding(milliseconds: services.configuration.renewalMilliseconds),
                    clock: clock)
                if await stop.isSet { break }
                report = await renew()
            }
        }
    }

    /// Renews once; returns what there is to take over, and how much is too much.
    private func renew() async -> (gained: [ShardGain], excess: Int) {
        let asked = clock.steadyMilliseconds
        if !services.tenure.isValid {
            // Whatever the store says now, what is in memory may have been overtaken.
            await loseAll()
            return (await rejoin(), 0)
        }
        do {
            let report = try await services.ports.journal.renew()
            guard services.tenure.extend(to: note(report, askedAt: asked)) else {
                // It ran out before the answer came: deadlines were passed over since, and commands were refused.
                await loseAll()
                return (await rejoin(), 0)
            }
            return (report.gained, report.excess)
        } catch .fenced {
            await loseAll()
            return (await rejoin(), 0)
        } catch {
            // The store is away. The lease stands until its end, and then nothing is decided any more.
            return ([], 0)
        }
    }

    private func rejoin() async -> [ShardGain] {
        do {
            let gained = try await join()
            // Within the time of a lease everybody's is renewed whom the store was away from as well.
            doubtfulUntil = clock.steadyMilliseconds + (services.tenure.milliseconds ?? 0)
            return gained
        } catch {
            return []
        }
    }

    /// Notes what a renewal says; returns the end of the lease by the steady count.
    private func note(_ report: LeaseReport, askedAt asked: Int64) -> Int64? {
        formats = report.formats
        if let time = report.time { clock.agree(on: time) }
        return report.milliseconds.map { asked + $0 }
    }

    /// Does what is due in shards that are this node's now, and serves them.
    private func takeOver(_ gained: [ShardGain], after losses: Int, isDoubtful: Bool) async {
        let suspected = gained.filter(\.followsUncleanDeath).map(\.fence.shard).sorted()
        if !suspected.isEmpty {
            takeovers += 1
            life.beCautious(from: clock.now(), milliseconds: services.configuration.cautionMilliseconds)
        }
        let fences = Dictionary(gained.map { ($0.fence.shard, $0.fence) }, uniquingKeysWith: { first, _ in first })
        func serve(_ shards: [Shard]) async {
            await self.serve(shards.compactMap { fences[$0] }, after: losses)
        }
        await serve(gained.filter { !$0.followsUncleanDeath }.map(\.fence.shard))
        if suspected.isEmpty { return }
        // A shard whose owner died is not served before what was due in it is done: what killed the owner must not be
        // met without a mark (I10). It is over when the lease is.
        let recovery = Recovery(services: services, directory: directory, router: router, deadlines: deadlines)
        var known = knownMarks.take(Set(suspected))
        try? await recovery.run(
            oneByOne: suspected, isDoubtful: isDoubtful, known: &known, whenDone: serve,
            whenFailed: { recoveryProblem = $0 })
        recoveryProblem = nil
        knownMarks.add(known)
    }

    /// Serves the shards of fences that this node still holds.
    private func serve(_ fences: [Fence], after losses: Int) async {
        var served: [Shard] = []
        for fence in fences where await services.ownership.fence(for: fence.shard)?.epoch == fence.epoch {
            served.append(fence.shard)
        }
        // Looked at last, and not waited after: what is lost may be this node's again, and not recovered yet (I10).
        guard losses == self.losses, !served.isEmpty else { return }
        services.tenure.set(served, areServed: true)
        services.ports.streams.serve(services.tenure.served)
        await deadlines.fill(served.sorted())
        await router.sweep(served.sorted())
    }

    /// Whether there is something to hand over and nobody does it yet, in which case the caller has to.
    private func beginsHandingOver(_ excess: Int) -> Bool {
        guard !isHandingOver, excess > 0 || !leaving.isEmpty else { return false }
        isHandingOver = true
        return true
    }

    /// Gives up shards for nodes that have too few: those in which nothing is under way that must end here.
    private func handOver(atMost count: Int) async {
        defer { isHandingOver = false }
        // What is given up here already is not yet off the store's books.
        if count > leaving.count {
            let (most, losses) = (min(count - leaving.count, services.configuration.handOverAtOnce), losses)
            let busy = await directory.shardsWithCalls()
            let free = services.tenure.served.filter { !busy.contains($0) }
            for shard in free.suffix(most) { await leave(shard, after: losses) }
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

    private func leave(_ shard: Shard, after losses: Int) async {
        // After a loss it may be this node's again, and what killed its owner not found yet: it is not to be handed
        // over as one that is in order (I10).
        guard let fence = await services.ownership.fence(for: shard), losses == self.losses else { return }
        services.tenure.set([shard], areServed: false)
        // First of all nothing is loaded any more; what is under way still has its right in the store.
        await services.ownership.drop(shard)
        await directory.drain(shard)
        if losses == self.losses { leaving.append(fence) }
    }

    /// Gives up everything at once: the lease is over.
    private func loseAll() async {
        losses += 1
        // Until the store is taken up again, no renewal can tell what this node owns.
        services.tenure.begin(until: clock.steadyMilliseconds)
        services.tenure.set(Shard.all, areServed: false)
        services.ports.streams.serve([])
        for shard in await services.ownership.shards() { await services.ownership.drop(shard) }
        leaving = []
        await directory.dropAll()
    }
}
