import HoldpointTesting

/// What may befall a world at any await, and how often.
struct Menace {
    /// So often in one run at most.
    private var left: Int
    /// On average once in so many jobs.
    private let jobs: Int
    /// The same at the worst moment for it.
    private let jobsAtWorst: Int
    private let isWorst: @Sendable (World) -> Bool
    let strike: @Sendable (World) -> Void

    /// - Parameter isWorst: whether this is the worst moment; while a call is under way, unless it is something else.
    private init(
        _ most: Int, jobs: Int, atWorst: Int? = nil,
        when isWorst: @escaping @Sendable (World) -> Bool = { $0.callsUnderWay > 0 },
        _ strike: @escaping @Sendable (World) -> Void
    ) {
        left = most
        self.jobs = jobs
        jobsAtWorst = atWorst ?? jobs
        self.isWorst = isWorst
        self.strike = strike
    }

    /// What a seed's world has to fear.
    static func all(in world: World) -> [Menace] {
        let chance = world.chance
        let crashes = chance.below(4) + (world.hasWorkflows ? 2 : 0)
        var menaces = [
            // More often while a call is under way: what a crash leaves of it is the hardest to get right.
            Menace(crashes, jobs: 700, atWorst: 100) { $0.crashNode() },
            Menace(chance.below(2), jobs: 1_500) { $0.stopNode() },
            Menace(chance.below(3), jobs: 1_200) { $0.cutStore() },
        ]
        guard world.streams != nil else { return menaces }
        menaces += [
            Menace(chance.below(3), jobs: 1_500, atWorst: 300) { $0.freezeNode() },
            Menace(chance.below(3), jobs: 1_500) { $0.cutStore() },
            Menace(chance.below(2), jobs: 2_000) { $0.slowStore() },
            Menace(chance.below(2), jobs: 2_000) { $0.cutStreams() },
            Menace(chance.below(3), jobs: 2_000) { $0.flushStreams() },
            Menace(world.plan.stepsClock ? 1 + chance.below(2) : 0, jobs: 3_000) { $0.stepClock() },
            Menace(chance.below(2), jobs: 3_000) { $0.loseLease() },
            // What was given up and may arrive all the same must not come after its shard has moved.
            Menace(1 + chance.below(3), jobs: 3_000, atWorst: 60, when: { $0.writesOutstanding > 0 }) {
                $0.moveShards(from: $0.anyMachine)
            },
        ]
        return menaces
    }

    /// Whether it comes true now; each question is one chance.
    mutating func strikes(in world: World) -> Bool {
        guard left > 0, world.chance.below(isWorst(world) ? jobsAtWorst : jobs) == 0 else { return false }
        left -= 1
        return true
    }
}
