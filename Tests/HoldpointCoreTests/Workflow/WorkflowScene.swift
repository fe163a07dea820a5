import HoldpointCore
import JSON
import Testing

/// A workflow that a test drives by hand: it plays the engine, the evaluator and the world.
struct WorkflowScene {
    /// What an expression gives, for those that Core does not evaluate itself.
    typealias Evaluator = (_ input: JSONValue, _ arguments: JSONObject) -> JSONValue?

    let definition: WorkflowDefinition
    var place = WorkflowPlace()
    var now = Sample.start
    var evaluators: [String: Evaluator] = [:]
    /// What every other expression gives.
    var fallback: Evaluator?
    /// Everything that happened, in order.
    private(set) var acts: [WorkflowAct] = []
    /// The tasks that came to their end.
    private(set) var finished: [String] = []
    /// How many expressions each exchange had.
    private(set) var exchanges: [Int] = []
    /// How many advances were made.
    private(set) var commits = 0
    private let input: JSONValue
    private var sequence: Int64 = 1

    init(_ tasks: JSONValue, use: JSONValue? = nil, input: JSONValue = [:], extra: JSONObject = [:]) throws {
        var document: JSONObject = [
            "document": ["dsl": "1.0.3", "namespace": "test", "name": "scene", "version": "0.1.0"]
        ]
        if let use { document["use"] = use }
        for (key, value) in extra { document[key] = value }
        document["do"] = tasks
        definition = try WorkflowDefinition(.object(document))
        self.input = input
    }

    /// The output, if the workflow completed.
    var output: JSONValue? {
        if case .completed(let output)? = place.ending { output } else { nil }
    }

    /// The error, if the workflow failed.
    var error: WorkflowError? {
        if case .failed(let error)? = place.ending { error } else { nil }
    }

    /// Goes on until the workflow waits or ends; through its recorded form each time, as a crash would.
    mutating func run() throws {
        var results: [ExpressionOutcome] = []
        repeat {
            let again = try WorkflowPlace(recorded: place.json)
            let isSame = again == place
            #expect(isSame)
            let context = WorkflowContext(
                session: try Sample.identity(), startedAt: Sample.start, input: input, now: now,
                firstSequence: sequence + 1, hasher: Sample.hasher, seed: Identifier128(high: 1, low: 2),
                results: results)
            let decision = WorkflowInterpreter.advance(again, of: definition, in: context)
            let isRepeatable = WorkflowInterpreter.advance(place, of: definition, in: context) == decision
            #expect(isRepeatable, "I6: the same place and results come to the same")
            switch decision {
            case .needs(let expressions):
                exchanges.append(expressions.count)
                results += expressions.map(evaluate)
            case .advanced(let advance):
                place = advance.place
                acts += advance.acts
                finished += advance.finishedTasks
                sequence += Int64(advance.acts.count) + 1
                commits += 1
                results = []
            case .needsPolicy, .needsCounters: throw UnexpectedNeed()
            }
        } while place.canAdvance
    }

    private func evaluate(_ expression: Expression) -> ExpressionOutcome {
        guard let evaluator = evaluators[expression.program.text] ?? fallback else {
            return .failure(ExpressionFailure(.invalid, "not known here: \(expression.program.text)"))
        }
        return evaluator(expression.input, expression.arguments).map { .value($0) }
            ?? .failure(ExpressionFailure(.failed, "it has no value"))
    }

    /// Lets time pass and the timers fire that are due then.
    mutating func pass(seconds: Int64) throws {
        now = now.adding(milliseconds: seconds * 1_000)
        for timer in place.dueTimers(at: now) { deliver(.fired, to: timer) }
        try run()
    }

    /// Says what the effect that was opened last came to.
    mutating func settle(_ arrival: EffectArrival) throws {
        let effect = try #require(place.effects.last { $0.kind.isOutside && $0.arrival == nil })
        try settle(effect.id, arrival)
    }

    mutating func settle(_ effect: Int64, _ arrival: EffectArrival) throws {
        deliver(arrival, to: effect)
        try run()
    }

    private mutating func deliver(_ arrival: EffectArrival, to effect: Int64) {
        let isTaken = place.receive(arrival, for: effect)
        #expect(isTaken)
    }

    /// The effects that were opened, in order.
    var opened: [WorkflowEffect] {
        acts.compactMap { act in
            if case .opened(_, let effect) = act { effect } else { nil }
        }
    }

    /// The calls that were made, in order.
    var calls: [HTTPCallEffect] {
        opened.compactMap { effect in
            if case .call(let call) = effect { call } else { nil }
        }
    }

    /// The milliseconds from now to the timers that are open.
    var timers: [Int64] {
        place.effects.compactMap { effect in
            if case .timer(let due) = effect.kind { due.milliseconds - now.milliseconds } else { nil }
        }
    }
}

extension OpenWorkflowEffect.Kind {
    /// Whether the world outside brings it to an end, rather than time.
    var isOutside: Bool {
        if case .timer = self { false } else { true }
    }
}

/// What is wrong with a document whose tasks are these.
func violations(_ tasks: JSONValue, use: JSONValue? = nil, extra: JSONObject = [:]) -> [String] {
    do {
        _ = try WorkflowScene(tasks, use: use, extra: extra)
        return []
    } catch let error as InvalidWorkflow {
        return error.violations.map { "\($0.pointer) \($0.detail)" }
    } catch {
        return ["\(error)"]
    }
}
