import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting

/// What kind of world a seed makes.
struct WorldPlan: Sendable {
    /// The bug that is planted in the nodes' ports, if one is.
    let fault: PlantedFault?
    /// How many nodes share the store; one has it for itself.
    let nodes: Int
    /// Whether workflows run beside the callers' own agents.
    let hasWorkflows: Bool
    /// Whether the store's clock is set now and then.
    let stepsClock: Bool
    /// How often each fault strikes in a thousand chances.
    let rates: [Fault: Int]
    let configuration: EngineConfiguration

    /// Callers' own agents run in every world, workflows in that of every other seed; three of four have many nodes.
    init(seed: UInt64, fault: PlantedFault?, chance: SeededEntropy) throws {
        self.fault = fault
        nodes = [1, 2, 3, 3][Int(seed / 2 % 4)]
        hasWorkflows = seed % 2 == 1
        stepsClock = nodes > 1 && chance.below(3) == 0
        rates = Self.rates(chance, isShared: nodes > 1)
        var configuration = try Self.configuration(chance)
        if hasWorkflows { Self.limitWorkflows(&configuration, chance) }
        if nodes > 1 { Self.share(&configuration, chance) }
        self.configuration = configuration
    }

    /// Half of the seeds have few faults, so that long undisturbed histories are seen too.
    private static func rates(_ chance: SeededEntropy, isShared: Bool) -> [Fault: Int] {
        let scale = chance.below(2) == 0 ? 1 : 4
        var rates: [Fault: Int] = [
            .callUnavailable: 2 * scale, .commitUnavailable: 8 * scale, .commitOverloaded: 3 * scale,
            .commitInDoubtUndone: 10 * scale, .commitInDoubtDone: 10 * scale, .storeInDoubtUndone: 10 * scale,
            .storeInDoubtDone: 10 * scale, .doorbellLost: 40 * scale, .doorbellDoubled: 30 * scale,
            .doorbellLate: 30 * scale, .deliveryLost: 60 * scale, .deliveryDoubled: 40 * scale,
            .deliveryLate: 40 * scale,
        ]
        rates[.commitInDoubtLate] = 8 * scale
        rates[.storeInDoubtLate] = 4 * scale
        if isShared {
            rates[.markInDoubtDone] = 5 * scale
            rates[.renewalUnheard] = 10 * scale
            rates[.raiseUnavailable] = 100 * scale
        }
        return rates
    }

    /// Small limits, so that short histories reach what long ones reach in earnest.
    private static func configuration(_ chance: SeededEntropy) throws -> EngineConfiguration {
        var configuration = EngineConfiguration(node: try NodeName("simulated"))
        configuration.snapshotPolicy.everyEvents = Int64(2 + chance.below(6))
        configuration.snapshotPolicy.pauseEvents = Int64(1 + chance.below(4))
        configuration.snapshotPolicy.pauseBytes = 256 << chance.below(6)
        configuration.passivationMilliseconds = Int64(1_000 + chance.below(4_000))
        configuration.cautionMilliseconds = [0, 1_000, 10_000, 60_000][chance.below(4)]
        configuration.sweepMilliseconds = [1_000, 5_000, 30_000][chance.below(3)]
        configuration.recoveryGroup = 1 + chance.below(3)
        configuration.watchPage = 1 + chance.below(8)
        configuration.timerPage = 1 + chance.below(4)
        configuration.sweepPage = 1 + chance.below(4)
        configuration.mailboxCapacity = 2 + chance.below(30)
        configuration.timerHorizonMilliseconds = [2_000, 60_000, 3_600_000][chance.below(3)]
        return configuration
    }

    /// Few calls at once, short patience, and logs that soon go on in another session.
    private static func limitWorkflows(_ configuration: inout EngineConfiguration, _ chance: SeededEntropy) {
        configuration.callsAtOnce = 1 + chance.below(4)
        configuration.callsPerProject = 1 + chance.below(4)
        configuration.callTimeoutMilliseconds = [1_500, 5_000, 30_000][chance.below(3)]
        configuration.leaseMarginMilliseconds = [100, 1_000, 5_000][chance.below(3)]
        configuration.sessionLimits.eventsBeforeContinuing = [15, 30, 10_000][chance.below(3)]
    }

    /// What nodes do among each other, now in small steps, now in large ones.
    private static func share(_ configuration: inout EngineConfiguration, _ chance: SeededEntropy) {
        configuration.handOverAtOnce = [16, 256, 256][chance.below(3)]
        configuration.doubtTries = [1, 3, 20][chance.below(3)]
        configuration.timerRetryMilliseconds = [1_000, 4_000][chance.below(2)]
        configuration.outcomeMilliseconds = [500, 2_000][chance.below(2)]
        configuration.headCheckMilliseconds = [2_000, 15_000][chance.below(2)]
        // It must cover by how much the clocks of two nodes may differ: see `World.stepClock`.
        configuration.leaseMarginMilliseconds = [Self.leastLeaseMargin, 5_000][chance.below(2)]
    }

    /// Milliseconds by which a call may outlast its time in the eyes of another node.
    static let leastLeaseMargin: Int64 = 3_000
}
