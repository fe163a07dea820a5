import Simulator
import Testing

/// Bugs that are planted in the nodes' ports, one at a time: a simulation that finds none would prove nothing.
@Suite(.timeLimit(.minutes(10)))
struct PlantedFaultTests {
    @Test(arguments: PlantedFault.allCases)
    func `a planted bug is found within 400 seeds, and its seed finds it again`(fault: PlantedFault) throws {
        let result = SimulationCampaign.run(seeds: 1...400, fault: fault) { $0.failure == nil }
        let found = try #require(result.failures.first, "\(fault) was not found")
        #expect(Simulation.run(seed: found.seed, fault: fault) == found)
        let invariant = try #require(found.failure?.invariant)
        #expect(fault.invariants.contains(invariant), "\(found.text)")
        #expect(Simulation.run(seed: found.seed).failure == nil)
    }
}

extension PlantedFault {
    /// What the bug breaks first; where it breaks two things at once, either may be seen first.
    fileprivate var invariants: [String] {
        switch self {
        case .noFence, .fenceWithoutLock, .handOverWithoutGeneration: ["I2"]
        case .acknowledgeBeforeCommit: ["I1"]
        case .answerWithoutDeduplication: ["I3"]
        case .publishBeforeCommit: ["I1"]
        case .timerBeforeStoredAnswer: ["I3"]
        case .inDoubtTakenForFailed: ["refusal", "progress"]
        case .secretInEvent: ["I9"]
        case .callBeforeDispatch: ["I1"]
        case .sendsDropped: ["lineage", "I1"]
        case .unknownCallDenied: ["I7"]
        }
    }
}
