/// Limits of workflow documents and of their interpretation.
package enum WorkflowLimits {
    /// The version of the interpreter, which `session_started` pins.
    package static let interpreterVersion: Int64 = 1
    /// Tasks of one document, with those of its functions.
    package static let tasks = 2_000
    /// How deep running tasks nest, functions that call functions included.
    package static let nesting = 32
    /// Tasks that one decision begins before it commits and goes on with the next.
    package static let tasksPerAdvance = 2_000
    /// Effects that one decision opens and gives up before it commits and goes on with the next: each may be a command
    /// for another session.
    package static let actsPerAdvance = 256
    /// Entries that calls of one decision add to the policy's counters before it commits and goes on with the next.
    package static let additionsPerAdvance = 256
    /// Rounds of expressions of one decision before it commits and goes on with the next.
    package static let roundsPerAdvance = 16
    /// Tasks that a workflow begins without waiting for anything, in however many sessions it goes on; one more fails
    /// it, so that a cycle of `then` ends.
    package static let tasksWithoutPause: Int64 = 1_000_000
    /// Bytes of acts that count as one task more, so that a cycle that brings much about ends sooner.
    package static let actBytesPerTask = 256
    /// Sessions that one session may have started and wait for at once, by how deep it is itself: the first number is
    /// for one that no other started, and below the last there are none, so that no document multiplies without end.
    package static let childrenAtOnce = [256, 16, 4, 1]
    /// Bytes of an event that are not data of the workflow.
    static let eventOverheadBytes = 16 * 1_024
    /// Branches of one fork.
    package static let branches = 256
    /// Items of one loop.
    package static let items = 100_000
    /// Effects that may be open at once.
    package static let openEffects = 512
    /// Bytes of one value, of what a workflow holds when it pauses, and of one act: what fits an event of 256 KiB.
    package static let dataBytes = 240 * 1_024
    /// Arrays and objects within one another in one value.
    package static let dataDepth = 60
    /// The same in what a workflow holds, which is recorded within an event of at most 128 levels.
    package static let placeDepth = 120
    /// Expressions of one task.
    package static let expressionsPerTask = 256
    /// Different expressions of one document, literals and plain paths aside: jq compiles each when it is put, which
    /// takes some ten milliseconds.
    package static let expressions = 500
    /// Expressions of one exchange, beyond which tasks wait for the next one.
    package static let expressionsPerExchange = 512
    /// Bytes of all acts of one decision, beyond which it commits and goes on with the next.
    package static let actBytesPerAdvance = 1_024 * 1_024
    /// The longest duration, in milliseconds: ten years.
    package static let durationMilliseconds: Int64 = 315_360_000_000
    /// Tasks that the record of one advance names.
    package static let recordedTasks = 64
    /// Bytes of those names together.
    package static let recordedTaskBytes = 8 * 1_024
    /// Bytes of the pointer with which a violation tells its place.
    package static let pointerBytes = 16 * 1_024
    /// Bytes of the name of a task, a case, a branch, or anything under `use`.
    package static let nameBytes = 255
}
