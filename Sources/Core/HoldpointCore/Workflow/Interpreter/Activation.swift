import JSON

/// One task that is being run; those that run within it are its children.
struct Activation: Sendable, Equatable {
    /// Where a task is between its beginning and its end.
    enum Phase: String, Sendable, CaseIterable {
        /// Next: `if`.
        case condition
        /// Next: the input's schema and `from`.
        case input
        /// Next: the time limit.
        case limit
        /// Next: what the task does.
        case enter
        /// Next: the condition and the item of an iteration.
        case iterate
        /// The children run.
        case children
        /// An effect is open.
        case effect
        /// The error of a `try` is judged.
        case caught
        /// The timer before a retry runs.
        case delaying
        /// Next: `output.as` and its schema.
        case output
        /// Next: `export.as` and its schema.
        case export
        /// Over; its output and its way on are set.
        case finished
        /// A branch of a fork that is over and whose output is kept.
        case settled
    }

    /// Unique within the session.
    let id: Int64
    /// Index into the definition's tasks.
    let task: Int
    /// When it began.
    let startedAt: Timestamp
    var phase = Phase.condition
    /// What it was given, before `input.from`.
    var rawInput: JSONValue
    var input = JSONValue.null
    var rawOutput = JSONValue.null
    var output = JSONValue.null
    /// What `for` and `catch` around it have named.
    var variables: JSONObject
    var children: [Activation] = []
    /// Where its way goes on, if not as `then` says.
    var flow: FlowDirective?
    /// When its time limit is over, and the timer that says so once it has paused.
    var deadline: Timestamp?
    var timer: Int64?
    /// The same for one attempt of a `try`.
    var attemptDeadline: Timestamp?
    /// The effect that it waits for; for a `try` the timer of an attempt or before a retry.
    var effect: Int64?
    /// The items of a loop and the number of iterations begun.
    var items: [JSONValue] = []
    var index: Int64 = 0
    /// The number of retries, the time of the first failure, the error at hand, and whether it is being handled; the
    /// last also says that the call is under way that a permission guards.
    var attempt: Int64 = 0
    var failedAt: Timestamp?
    var fault: WorkflowError?
    var isHandling = false
    /// The arguments of the call that is under way; of a permission's call also who makes it, until it is allowed.
    var guarded: JSONValue?

    init(id: Int64, task: Int, startedAt: Timestamp, rawInput: JSONValue, variables: JSONObject) {
        self.id = id
        self.task = task
        self.startedAt = startedAt
        self.rawInput = rawInput
        self.variables = variables
    }

    /// Whether this task and those within it are tasks of the definition.
    func belongs(to definition: WorkflowDefinition) -> Bool {
        definition.tasks.indices.contains(task) && children.allSatisfy { $0.belongs(to: definition) }
    }

    /// Drops everything but the output, which a fork still needs.
    mutating func settle(_ output: JSONValue) {
        self = Activation(id: id, task: task, startedAt: startedAt, rawInput: .null, variables: JSONObject())
        self.output = output
        phase = .settled
    }
}
