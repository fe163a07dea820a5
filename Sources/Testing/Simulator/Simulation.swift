import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON

/// One run of the real engine in a simulated world, wholly determined by its seed.
///
/// Every job of every task runs on one thread, in an order that the seed picks; when nothing is ready, time moves to
/// whoever sleeps shortest. One node has the store for itself, or two or three share it (`WorldPlan`). At any `await`
/// the world may crash a node, let it stand still and go on, ask it to stop, cut it off from either store, end its
/// lease, move its shards, set the store's clock or flush the streams (`Happening`); calls to the store fail, or are in
/// doubt, done or not or later (`FaultyJournal`); messages are lost, doubled, delayed and reordered; calls of workflows
/// break off before or after they did what they are for; timers are late. The model judges after every step.
package struct Simulation {
    /// When simulated time begins.
    static let epoch = Timestamp(milliseconds: 1_763_683_200_000)
    /// The agent that all simulated sessions run.
    static let agent = "clerk"
    /// Jobs after which a run that has not ended is taken for stuck.
    package static let maximumJobs = 200_000

    private let world: World
    private var menaces: [Menace]

    private init(seed: UInt64, fault: PlantedFault?) throws {
        world = try World(seed: seed, plant: fault)
        menaces = Menace.all(in: world)
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
                seed: seed, fault: fault, jobs: 0, events: 0, happenings: [:], calls: 0, doubts: 0, descendants: 0,
                fingerprint: 0, failure: failure)
        }
    }

    /// Makes the project and sets everybody going.
    private func begin() {
        let world = world
        let agents = 1 + world.chance.below(3)
        let workflows = world.hasWorkflows ? 1 + world.chance.below(2) : 0
        // In a fourth of the worlds, several people must approve what one of the agents asks for.
        let juries = world.seed % 4 == 1 ? 1 : 0
        let running = Guarded(agents + workflows + juries)
        let isOver: @Sendable () -> Bool = { running.withState { $0 } == 0 }
        world.startScript("opening") {
            await Self.furnish(world)
            world.startNodes()
            for number in 0..<agents {
                let agent = AgentScript(
                    client: Client(world: world, principal: .key("agent-\(number)")), number: number, isOver: isOver)
                world.startScript("agent \(number)") {
                    await world.sleep(upTo: 3_000)
                    await agent.run()
                    running.withState { $0 -= 1 }
                }
            }
            for number in 0..<workflows {
                let script = WorkflowScript(
                    client: Client(world: world, principal: .key("starter-\(number)")), number: number)
                world.startScript("workflow \(number)") {
                    await world.sleep(upTo: 3_000)
                    await script.run()
                    running.withState { $0 -= 1 }
                }
            }
            for number in 0..<juries {
                let jury = JuryScript(client: Client(world: world, principal: .key("platform")), number: number)
                world.startScript("jury \(number)") {
                    await world.sleep(upTo: 3_000)
                    await jury.run()
                    running.withState { $0 -= 1 }
                }
            }
            if workflows > 0 {
                world.startScript("clerk") { await ClerkScript(world: world, isOver: isOver).run() }
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
            for user in try JuryScript.users() {
                let record = UserRecord(user: user, updatedAt: world.now)
                _ = try await world.journal.putUser(record, in: world.scope)
            }
            for scene in WorkflowScene.allCases {
                _ = try await world.journal.putAgent(try scene.definition(), in: world.scope)
            }
        } catch {
            world.withModel { $0.fail("script", "\(error)") }
        }
    }

    private mutating func finish(maximumJobs: Int) -> SimulationReport {
        while world.scheduler.count < maximumJobs, !world.isQuiet, step() {}
        // Who got 202 and went home without asking again has an outcome to come all the same.
        world.calm()
        while world.scheduler.count < maximumJobs, !(world.scheduler.isIdle && isSettled), step() {}
        let stuck = world.runningScripts
        if !stuck.isEmpty || !isSettled {
            let now = world.now
            world.judge { model, store in
                let open = [model.openRequests, model.openWorkflows(in: store)].filter { !$0.isEmpty }
                model.fail("progress", "not ended at \(now): \((stuck + open).joined(separator: ", "))")
            }
        }
        let deaths = world.deaths
        world.judge { model, store in model.finish(with: store, deaths: deaths) }
        let jobs = world.scheduler.count
        let model = world.withModel { $0 }
        let log = world.runLog
        world.endAll()
        return SimulationReport(
            seed: world.seed, fault: world.plan.fault, jobs: jobs, events: model.events, happenings: world.happenings,
            calls: model.calls.values.reduce(0) { $0 + $1.departures }, doubts: model.doubts.count,
            descendants: model.histories.values.count { $0.state.parent != nil || $0.state.continues != nil },
            fingerprint: log.fingerprint,
            failure: model.violation.map {
                SimulationFailure(invariant: $0.invariant, detail: $0.detail, trace: log.tail)
            })
    }

    /// Whether nothing is due any more, in a session whose agent left it, too.
    private var isSettled: Bool {
        let now = world.now
        let store = world.journal.contents
        let isDone = world.withModel {
            !$0.awaitsAudit(in: store) && !$0.awaitsOutcomes && !$0.awaitsExpiry(at: now) && !$0.awaitsWorkflows
        }
        return isDone && world.isWhole
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

    /// Lets one of the things happen that are to be feared, at any await.
    private mutating func interfere() {
        guard world.isChaotic else { return }
        for index in menaces.indices where menaces[index].strikes(in: world) { return menaces[index].strike(world) }
    }
}
