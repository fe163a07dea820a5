/// What came of one run.
package struct SimulationReport: Sendable, Equatable {
    /// The seed that reproduces it, together with the commit of the source.
    package let seed: UInt64
    /// The bug that was planted, if one was.
    package let fault: PlantedFault?
    /// Jobs that ran.
    package let jobs: Int
    /// Events that were committed.
    package let events: Int
    /// What befell the nodes, and how often.
    package let happenings: [Happening: Int]
    /// Calls of workflows that left.
    package let calls: Int
    /// Questions about calls whose outcome was unknown.
    package let doubts: Int
    /// Workflows' sessions that another session started: children, and those that go on for one whose log was long.
    package let descendants: Int
    /// A fingerprint of everything that happened, in order: equal for two runs of a seed.
    package let fingerprint: UInt64
    /// The first broken promise, if there was one.
    package let failure: SimulationFailure?
}

/// A broken promise that a run found.
package struct SimulationFailure: Sendable, Equatable, CustomStringConvertible {
    /// The invariant, for example `I3`; or `progress`, `stream`, `refusal`, `lineage`, `output`.
    package let invariant: String
    /// What was expected, and what came.
    package let detail: String
    /// The last things that happened, oldest first.
    package let trace: [String]

    package var description: String { "\(invariant): \(detail)" }
}
