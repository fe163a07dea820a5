/// Many runs, one for each seed.
package enum SimulationCampaign {
    /// What came of a campaign.
    package struct Result: Sendable {
        /// Runs that were made.
        package fileprivate(set) var runs = 0
        /// Events committed in all of them.
        package fileprivate(set) var events = 0
        /// What befell the nodes of all of them, and how often.
        package fileprivate(set) var happenings: [Happening: Int] = [:]
        /// Calls of workflows that left in all of them.
        package fileprivate(set) var calls = 0
        /// Questions about calls whose outcome was unknown, in all of them.
        package fileprivate(set) var doubts = 0
        /// Workflows' sessions that another session started, in all of them.
        package fileprivate(set) var descendants = 0
        /// The runs that failed, in the order of their seeds.
        package fileprivate(set) var failures: [SimulationReport] = []
    }

    /// Runs the seeds one after another.
    ///
    /// - Parameter progress: told of each run; false ends the campaign.
    package static func run(
        seeds: ClosedRange<UInt64>, fault: PlantedFault? = nil, progress: (SimulationReport) -> Bool = { _ in true }
    ) -> Result {
        var result = Result()
        for seed in seeds {
            let report = Simulation.run(seed: seed, fault: fault)
            result.runs += 1
            result.events += report.events
            result.happenings.merge(report.happenings, uniquingKeysWith: +)
            result.calls += report.calls
            result.doubts += report.doubts
            result.descendants += report.descendants
            if report.failure != nil { result.failures.append(report) }
            if !progress(report) { break }
        }
        return result
    }
}
