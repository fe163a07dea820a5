/// Limits of policies and of their evaluation; each has a line in docs/operating.md.
package enum PolicyLimits {
    /// Bytes of a policy as a document.
    package static let documentBytes = 256 * 1_024
    /// Entries under `tools`.
    package static let tools = 1_000
    /// Rules.
    package static let rules = 500
    /// Conditions of one rule, those within others included.
    package static let conditions = 64
    /// How deep conditions nest.
    package static let depth = 8
    /// Items of any other list: globs, values, days.
    package static let items = 100
    /// Bytes of a glob.
    package static let globBytes = 200
    /// Characters of a rule's name and of a counter's.
    package static let nameLength = 100
    /// Characters of a rule's reason.
    package static let reasonLength = 500
    /// Keywords of one risk.
    package static let keywords = 1_000
    /// Counters of all rules together: each is asked for before a verdict.
    package static let counters = 100
    /// Patterns of all rules together.
    package static let patterns = 50
    /// Steps that a pattern may take on one text; each has its own, so that the order of the rules changes nothing.
    package static let patternSteps = 200_000
    /// The shortest window of a count or a sum, in milliseconds: a second.
    package static let shortestWindow: Int64 = 1_000
    /// The longest window of a count or a sum, in milliseconds: 366 days.
    package static let longestWindow: Int64 = 366 * 86_400_000
    /// Seconds that a released call waits for a veto unless the policy says otherwise: a day.
    package static let standardDelaySeconds: Int64 = 86_400
    /// The most seconds that it may wait: two days.
    package static let longestDelaySeconds: Int64 = 172_800
    /// Calls of one session that may wait for people to release them; further ones are only blocked.
    package static let deferrals = 16
    /// Bytes of a value that is remembered as seen, or that a counter is kept apart by.
    package static let keyBytes = 1_024
}
