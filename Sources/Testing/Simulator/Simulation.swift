import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON

/// One run of the real engine in a simulated world, wholly determined by its seed.
///
/// Every job of every task runs on one thread, in an order that the seed picks; when nothing is ready, time moves to
/// whoever sleeps shortest. The world may crash the node at any `await`, stop it, fail or doubt its commits, lose,
/// double and delay its doorbells, and fire its timers late; the model judges after every step.
package struct Simulation {
    /// When simulated time begins.
    static let epoch = Timestamp(milliseconds: 1_763_683_200_000)
    /// The agent that all simulated sessions run.
    static let agent = "clerk"
    /// Jobs after which a run that has not ended is taken for stuck.
    package static let maximumJobs = 200_000

    private let world: World
    private var crashesLeft: Int
    private var stopsLeft: Int
    private var cutsLeft: Int

    private init(seed: UInt64, fault: PlantedFault?) throws {
        world = try World(seed: seed, plant: fault)
        crashesLeft = world.chance.below(4)
        stopsLeft = world.chance.below(2)
        cutsLeft = world.chance.below(3)
    }

    /// Runs the world of a seed to its end, or to the first violation.
    package static func run(
        seed: UInt64, fault: PlantedFault? = nil, maximumJobs: Int = maximumJobs
    ) -> SimulationReport {
        do {
            var simulation = try Simulation(seed: seed, fault: fault)
            simulation.begin()
            return simulation.finish(maximumJobs: maximumJobs)
        } catch {
            let failure = SimulationFailure(invariant: "script", detail: "\(error)", trace: [])
            return SimulationReport(
                seed: seed, fault: fault, jobs: 0, events: 0, crashes: 0, fingerprint: 0, failure: failure)
        }
    }

    /// Makes the project and sets everybody going.
    private func begin() {
        let world = world
        let agents = 1 + world.chance.below(3)
        let running = Guarded(agents)
        let isOver: @Sendable () -> Bool = { running.withState { $0 } == 0 }
        world.startScript("opening") {
            await Self.furnish(world)
            world.startNode()
            for number in 0..<agents {
                let agent = AgentScript(
                    client: Client(world: world, principal: .key("agent-\(number)")), number: number, isOver: isOver)
                world.startScript("agent \(number)") {
                    await world.sleep(upTo: 3_000)
                    await agent.run()
                    running.withState { $0 -= 1 }
                }
            }
            let client = Client(world: world, principal: .key("operator"))
            world.startScript("operator") {
                await OperatorScript(client: client, isOver: { isOver() && !world.hasPeople }).run()
            }
            let watcher = WatcherScript(world: world, number: 999, target: .feed(isOver: isOver))
            world.startScript("feed") { await watcher.run() }
        }
        let end = Int64(20_000 + world.chance.below(60_000))
        world.startOutside {
            await world.clock.sleep(until: Self.epoch.adding(milliseconds: end))
            world.calm()
        }
    }

    private static func furnish(_ world: World) async {
        do {
            _ = try await world.journal.createTenant(world.scope.tenant)
            _ = try await world.journal.createProject(world.scope)
            let definition = AgentDefinition(
                name: try AgentName(agent), program: .external, inputSchema: nil, labels: [:])
            _ = try await world.journal.putAgent(definition, in: world.scope)
        } catch {
            world.withModel { $0.fail("script", "\(error)") }
        }
    }

    private mutating func finish(maximumJobs: Int) -> SimulationReport {
        while world.scheduler.count < maximumJobs, !world.isQuiet, step() {}
        // Who got 202 and went home without asking again has an outcome to come all the same.
        world.calm()
        while world.scheduler.count < maximumJobs, !isSettled, step() {}
        let stuck = world.runningScripts
        if !stuck.isEmpty || !isSettled {
            let now = world.clock.now()
            world.withModel { model in
                let open = model.openRequests
                model.fail("progress", "not ended at \(now): \(stuck.joined(separator: ", ")); \(open)")
            }
        }
        let crashes = world.crashes
        world.judge { model, store in model.finish(with: store, crashes: crashes) }
        let jobs = world.scheduler.count
        let violation = world.withModel { $0.violation }
        let events = world.withModel { model in model.histories.values.reduce(0) { $0 + $1.states.count - 1 } }
        let log = world.runLog
        world.endAll()
        return SimulationReport(
            seed: world.seed, fault: world.plant, jobs: jobs, events: events, crashes: world.crashes,
            fingerprint: log.fingerprint,
            failure: violation.map {
                SimulationFailure(invariant: $0.invariant, detail: $0.detail, trace: log.tail)
            })
    }

    /// Whether nothing is due any more, in a session whose agent left it, too.
    private var isSettled: Bool {
        let now = world.clock.now()
        return world.withModel { !$0.awaitsOutcomes && !$0.awaitsExpiry(at: now) }
    }

    /// Runs a job, or moves time; false once the model has found a violation.
    private mutating func step() -> Bool {
        if !world.scheduler.runOne() { moveTime() }
        interfere()
        let lines = world.catchUp()
        for line in lines { world.note(line) }
        return world.isSound
    }

    private func moveTime() {
        guard let next = world.clock.nextWake else {
            return world.withModel { $0.fail("progress", "nothing is ready and nobody sleeps") }
        }
        var late: Int64 = 0
        if world.isChaotic, world.chance.below(8) == 0 {
            late = Int64(world.chance.below(world.chance.below(20) == 0 ? 30_000 : 400))
        }
        world.clock.advance(to: next.adding(milliseconds: late))
    }

    /// Crashes or stops the node, at any await.
    private mutating func interfere() {
        guard world.isChaotic else { return }
        if crashesLeft > 0, world.chance.below(700) == 0 {
            crashesLeft -= 1
            world.crashNode()
        } else if stopsLeft > 0, world.chance.below(1_500) == 0 {
            stopsLeft -= 1
            world.stopNode()
        } else if cutsLeft > 0, world.chance.below(1_200) == 0 {
            cutsLeft -= 1
            world.cutStore()
        }
    }
}
