import Simulator
import Testing

/// The real engine under every seed: one node, or several that share their stores.
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

    @Test func `I1 I2 I3 I4 I6 I7 I8 I9: 200 seeds are clean`() {
        let result = SimulationCampaign.run(seeds: 1...200) { $0.failure == nil }
        #expect(result.failures.isEmpty, "\(result.failures.first?.text ?? "")")
        // A world in which nothing happens would be clean, too.
        #expect(result.runs == 200)
        #expect(result.events > 5_000)
        #expect(result.calls > 200)
        #expect(result.doubts > 20)
        #expect(result.descendants > 50)
        for happening in Happening.allCases {
            // A node stops by itself before the store must refuse it, nearly always.
            let least = happening == .fencedCommit ? 0 : 20
            #expect(result.happenings[happening, default: 0] > least, "\(happening)")
        }
    }
}

extension SimulationReport {
    /// The failure with what led to it, for the log of a test.
    var text: String {
        "seed \(seed): \(failure?.description ?? "clean")\n\(failure?.trace.joined(separator: "\n") ?? "")"
    }
}
