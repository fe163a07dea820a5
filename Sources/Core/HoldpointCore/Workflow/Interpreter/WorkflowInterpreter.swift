import JSON

/// Runs a workflow from one pause to the next: pure, and bounded in all that one decision may do.
///
/// The running tasks form a tree. Each round lets every one of them go as far as it can; those that want expressions
/// leave them here and stay where they are, so that one exchange serves all.
package struct WorkflowInterpreter {
    let definition: WorkflowDefinition
    let context: WorkflowContext
    var place: WorkflowPlace
    private(set) var acts: [WorkflowAct] = []
    private var nextSequence: Int64
    private var asked: [Expression] = []
    private var askers: [(activation: Int64, count: Int)] = []
    private var answers: [Int64: [ExpressionOutcome]] = [:]
    private var begunNow = 0
    private var actBytes = 0
    private var rounds = 0
    private var finishedTasks: [String] = []
    private var finishedBytes = 0
    /// What must be known before calls can be judged; then nothing else of this decision counts.
    var wanting = PolicyWant.nothing
    /// What calls that were judged in this decision add to counters.
    var additions = CounterAdditions()
    /// The digests of calls that this decision leaves to people.
    var deferredNow: [Digest] = []
    /// The error of a limit, which nothing may catch.
    private(set) var fatal: WorkflowError?
    /// Timers that fired after something else had come that was not taken yet: what came in time goes first.
    let lateTimers: Set<Int64>

    private init(_ place: WorkflowPlace, _ definition: WorkflowDefinition, _ context: WorkflowContext) {
        self.place = place
        self.definition = definition
        self.context = context
        nextSequence = context.firstSequence
        let arrived = place.effects.filter { $0.arrival != nil }
        lateTimers = Set(arrived.drop { $0.kind.due != nil }.filter { $0.kind.due != nil }.map(\.id))
    }

    /// Goes on from `place` as far as is possible without time passing and without the outside world.
    package static func advance(
        _ place: WorkflowPlace, of definition: WorkflowDefinition, in context: WorkflowContext
    ) -> WorkflowDecision {
        guard place.canAdvance else {
            return .advanced(WorkflowAdvance(place: place, acts: [], finishedTasks: []))
        }
        var interpreter = WorkflowInterpreter(place, definition, context)
        interpreter.place.isYielding = false
        if place.effects.contains(where: { $0.arrival != nil }) { interpreter.place.begunTasks = 0 }
        guard place.root?.belongs(to: definition) ?? true else {
            let error = WorkflowError(.runtime, "the recorded place is not of this definition", at: "")
            return interpreter.finish(.failed(error))
        }
        return interpreter.run()
    }

    private mutating func run() -> WorkflowDecision {
        var root = place.root ?? makeRoot()
        place.root = nil
        var used = 0
        while true {
            let signal = progress(&root)
            switch wanting {
            case .nothing: break
            case .policy: return .needsPolicy
            case .counters(let queries): return .needsCounters(queries)
            }
            switch signal {
            case .done(let output, _): return finish(.completed(output))
            case .ended(let output): return finish(.completed(output))
            case .raised(let error): return finish(.failed(error))
            case .parked: break
            }
            if asked.isEmpty { break }
            if rounds == WorkflowLimits.roundsPerAdvance {
                place.isYielding = true
                break
            }
            guard used + asked.count <= context.results.count else { return .needs(asked) }
            for asker in askers {
                answers[asker.activation] = Array(context.results[used..<used + asker.count])
                used += asker.count
            }
            rounds += 1
            asked = []
            askers = []
        }
        armTimers(&root)
        place.root = root
        let recorded = place.json
        let measure = DataMeasure(recorded, upTo: context.maximumBytes, deepest: WorkflowLimits.placeDepth)
        guard measure.fits else {
            place.root = nil
            closeAll(&root)
            let detail = "the workflow holds more than \(context.maximumBytes) bytes of data"
            return finish(.failed(WorkflowError(.runtime, detail, at: "")))
        }
        let text = PlaceText(bytes: recorded.serialized())
        return .advanced(WorkflowAdvance(place: place, text: text, acts: acts, finishedTasks: finishedTasks))
    }

    private mutating func makeRoot() -> Activation {
        place.activations += 1
        return Activation(
            id: place.activations, task: 0, startedAt: context.now, rawInput: context.input, variables: JSONObject())
    }

    private mutating func finish(_ ending: WorkflowEnding) -> WorkflowDecision {
        place.ending = ending
        place.isYielding = false
        place.context = .null
        return .advanced(WorkflowAdvance(place: place, acts: acts, finishedTasks: finishedTasks))
    }
}

extension WorkflowInterpreter {
    /// How far a task came.
    enum Signal {
        /// It waits for an effect, an expression or the next decision.
        case parked
        /// It is over; flow goes on like this.
        case done(JSONValue, FlowDirective)
        /// It failed, and nothing of it is open any more.
        case raised(WorkflowError)
        /// It ended the workflow with this output, and nothing of it is open any more.
        case ended(JSONValue)
    }

    /// Whether this decision has done as much as one may.
    var isExhausted: Bool {
        context.isClosing || begunNow >= WorkflowLimits.tasksPerAdvance
            || acts.count >= WorkflowLimits.actsPerAdvance || additions.count >= WorkflowLimits.additionsPerAdvance
            || actBytes >= WorkflowLimits.actBytesPerAdvance
    }

    /// A template's value.
    func fill(
        _ template: Template, _ values: [JSONValue], _ activation: Activation
    ) throws(WorkflowError) -> JSONValue {
        let value = template.filled(with: values)
        try bound(value, activation)
        return value
    }

    /// Throws where a value is too large or too deep to be kept; returns its size in bytes.
    @discardableResult
    func bound(_ value: JSONValue, _ activation: Activation) throws(WorkflowError) -> Int {
        let measure = DataMeasure(value, upTo: context.maximumBytes)
        guard measure.fits else {
            let excess =
                measure.isTooDeep
                ? "nests deeper than \(WorkflowLimits.dataDepth) levels"
                : "is larger than \(context.maximumBytes) bytes"
            throw WorkflowError(.runtime, "the data \(excess)", at: definition.tasks[activation.task].reference)
        }
        return measure.bytes
    }

    /// Checks what an act is to carry, and counts it.
    mutating func weigh(_ value: JSONValue, _ activation: Activation) throws(WorkflowError) {
        let bytes = try bound(value, activation)
        actBytes += bytes
        place.begunTasks += Int64(bytes / WorkflowLimits.actBytesPerTask)
    }

    /// Counts a task that begins; throws the error that nothing catches where too many have without a pause.
    mutating func count(_ activation: Activation) throws(WorkflowError) {
        place.begunTasks += 1
        guard place.begunTasks <= WorkflowLimits.tasksWithoutPause else {
            let detail = "the workflow has begun more than \(WorkflowLimits.tasksWithoutPause) tasks without waiting"
            let error = WorkflowError(.runtime, detail, at: definition.tasks[activation.task].reference)
            fatal = error
            throw error
        }
    }

    /// Makes a task that runs within another one.
    mutating func begin(_ task: Int, input: JSONValue, variables: JSONObject) -> Activation {
        place.activations += 1
        begunNow += 1
        return Activation(
            id: place.activations, task: task, startedAt: context.now, rawInput: input, variables: variables)
    }

    /// Notes that a task came to its end.
    mutating func note(_ task: TaskDefinition) {
        if task.reference.isEmpty { return }
        finishedTasks.append(task.reference)
        finishedBytes += task.reference.utf8.count
        while finishedTasks.count > WorkflowLimits.recordedTasks || finishedBytes > WorkflowLimits.recordedTaskBytes {
            finishedBytes -= finishedTasks.removeFirst().utf8.count
        }
    }

    /// Says that the decision stops here to commit, and goes on afterwards.
    mutating func stopToCommit() { place.isYielding = true }

    /// What the expressions come to, in order; nil until the engine has evaluated those that it must.
    mutating func evaluate(
        _ programs: [ExpressionProgram], for activation: Activation, on input: JSONValue, extra: JSONObject = [:]
    ) -> [ExpressionOutcome]? {
        if programs.isEmpty { return [] }
        let given = answers.removeValue(forKey: activation.id)
        var taken = 0
        var results: [ExpressionOutcome] = []
        var open: [Expression] = []
        for program in programs {
            let expression = Expression(
                program: program, input: input, arguments: arguments(of: program, for: activation, extra))
            if let outcome = expression.quickOutcome {
                results.append(outcome)
            } else if let given, taken < given.count {
                results.append(given[taken])
                taken += 1
            } else {
                open.append(expression)
            }
        }
        if open.isEmpty { return results }
        if !asked.isEmpty, asked.count + open.count > WorkflowLimits.expressionsPerExchange { return nil }
        asked += open
        askers.append((activation.id, open.count))
        return nil
    }

    /// The same; throws the error of the first expression that has no value.
    mutating func values(
        _ programs: [ExpressionProgram], for activation: Activation, on input: JSONValue, extra: JSONObject = [:]
    ) throws(WorkflowError) -> [JSONValue]? {
        guard let results = evaluate(programs, for: activation, on: input, extra: extra) else { return nil }
        var values: [JSONValue] = []
        for result in results { values.append(try value(result, activation)) }
        return values
    }

    /// The value of a result; throws the expression error of the task.
    func value(_ result: ExpressionOutcome, _ activation: Activation) throws(WorkflowError) -> JSONValue {
        switch result {
        case .value(let value): return value
        case .failure(let failure):
            throw WorkflowError(.expression, failure.detail, at: definition.tasks[activation.task].reference)
        }
    }

    /// The number of the event that the next act becomes.
    var upcomingSequence: Int64 { nextSequence }

    /// Records an act, whose event gets the number that is returned.
    @discardableResult
    mutating func record(_ act: (Int64) -> WorkflowAct) -> Int64 {
        let sequence = nextSequence
        nextSequence += 1
        acts.append(act(sequence))
        return sequence
    }
}
