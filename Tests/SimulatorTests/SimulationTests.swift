import Simulator
import Testing

/// The real engine under every seed, and under bugs that are planted in its ports.
@Suite(.timeLimit(.minutes(10)))
struct SimulationTests {
    @Test func `the same seed gives the same run, another seed another`() {
        for seed: UInt64 in 1...5 {
            let first = Simulation.run(seed: seed)
            #expect(first == Simulation.run(seed: seed))
            #expect(first.fingerprint != Simulation.run(seed: seed + 100).fingerprint)
        }
    }

    @Test func `a run that does not end is stopped after its jobs, and says so`() {
        let report = Simulation.run(seed: 1, maximumJobs: 100)
        #expect(report.jobs == 100)
        #expect(report.failure?.invariant == "progress")
    }

    @Test func `I1 I2 I3 I6 I7 I8 I9: 300 seeds are clean`() {
        let result = SimulationCampaign.run(seeds: 1...300) { $0.failure == nil }
        #expect(result.failures.isEmpty, "\(result.failures.first.map(Self.text) ?? "")")
        // A world in which nothing happens would be clean, too.
        #expect(result.runs == 300)
        #expect(result.events > 3_000)
        #expect(result.crashes > 200)
        #expect(result.calls > 200)
        #expect(result.doubts > 20)
        #expect(result.descendants > 50)
    }

    /// A deadline that fired between the end of a call and the next attempt's time put that time out (155, 1005).
    @Test(arguments: [155, 1_005] as [UInt64])
    func `a seed that found a bug stays clean`(seed: UInt64) {
        #expect(Simulation.run(seed: seed).failure == nil)
    }

    @Test(arguments: PlantedFault.allCases)
    func `a planted bug is found within 200 seeds, and its seed finds it again`(fault: PlantedFault) throws {
        let result = SimulationCampaign.run(seeds: 1...200, fault: fault) { $0.failure == nil }
        let found = try #require(result.failures.first, "\(fault) was not found")
        #expect(Simulation.run(seed: found.seed, fault: fault) == found)
        let invariant = try #require(found.failure?.invariant)
        #expect(fault.invariants.contains(invariant), "\(Self.text(found))")
        #expect(Simulation.run(seed: found.seed).failure == nil)
    }

    private static func text(_ report: SimulationReport) -> String {
        let failure = report.failure
        return
            "seed \(report.seed): \(failure?.description ?? "clean")\n\(failure?.trace.joined(separator: "\n") ?? "")"
    }
}

extension PlantedFault {
    /// What the bug breaks first; where it breaks two things at once, either may be seen first.
    fileprivate var invariants: [String] {
        switch self {
        case .acknowledgeBeforeCommit: ["I1"]
        case .answerAppliedTwice: ["I3"]
        case .timerBeforeStoredAnswer: ["I3"]
        case .secretInEvent: ["I9"]
        case .callBeforeDispatch: ["I1"]
        case .sendsDropped: ["lineage", "I1"]
        case .unknownCallDenied: ["I7"]
        }
    }
}
