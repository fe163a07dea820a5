package import JSON

/// A workflow document, checked and ready to run (CNCF Serverless Workflow DSL 1.0).
///
/// A class, since it never changes and every session of an agent's version shares it.
package final class WorkflowDefinition: Sendable {
    /// The document as it was put.
    package let document: JSONValue
    /// `document.namespace`.
    package let namespace: String
    /// `document.name`.
    package let name: String
    /// `document.version`.
    package let version: String
    /// The names under `use.secrets`.
    package let secrets: [String]
    /// The workflow itself first, then its tasks and those of its functions.
    let tasks: [TaskDefinition]
    /// The lists of tasks that run in sequence, as indices into `tasks`.
    let blocks: [[Int]]
    /// Every expression with its place, for compiling when the definition is put.
    package let expressions: [PlacedExpression]
    private let byReference: [String: Int]

    /// Checks a document; throws everything that does not fit or is not executed, as pointers into it.
    package init(_ document: JSONValue) throws(InvalidWorkflow) {
        var compiler = WorkflowCompiler(document)
        let heading = compiler.compile()
        guard compiler.violations.isEmpty, let heading else {
            throw InvalidWorkflow(violations: Array(compiler.violations.prefix(JSONObjectReader.maximumViolations)))
        }
        self.document = document
        namespace = heading.namespace
        name = heading.name
        version = heading.version
        secrets = heading.secrets
        tasks = compiler.finishedTasks
        blocks = compiler.blocks
        expressions = compiler.expressions
        byReference = Dictionary(
            tasks.enumerated().map { ($0.element.reference, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    /// The task at that place.
    func task(at reference: String) -> Int? { byReference[reference] }
}

/// What is wrong with a workflow document.
package struct InvalidWorkflow: Error, Sendable, Equatable {
    /// Each with its place; at most 32.
    package let violations: [JSONViolation]
}

extension TaskDefinition {
    /// The expressions of this task, without those of the tasks inside it.
    var expressions: [ExpressionProgram] {
        var found = condition.map { [$0] } ?? []
        for mapping in [input, output, export] { found += mapping.mapping?.expressions ?? [] }
        found += timeout.expressions
        switch body {
        case .sequence: break
        case .set(let template), .emit(let template): found += template.expressions
        case .choose(let cases): found += cases.compactMap(\.condition)
        case .loop(let rule): found += [rule.items] + (rule.condition.map { [$0] } ?? [])
        case .fork: break
        case .wait(let rule): found += Optional(rule).expressions
        case .raise(let rule): found += rule.body.expressions
        case .attempt(let rule): found += rule.expressions
        case .http(let rule): found += rule.expressions
        case .human(let rule):
            found += rule.body.expressions + (rule.guarded?.expressions ?? [])
        case .function(_, let arguments): found += arguments?.expressions ?? []
        case .child(let rule): found += rule.input?.expressions ?? []
        }
        return found
    }
}

extension DurationRule? {
    var expressions: [ExpressionProgram] {
        if case .computed(let expression) = self { [expression] } else { [] }
    }
}

extension AttemptRule {
    var expressions: [ExpressionProgram] {
        let conditions = [when, exceptWhen, retry?.when, retry?.exceptWhen].compactMap { $0 }
        return conditions + (retry.map { $0.durations.flatMap { Optional($0).expressions } } ?? [])
    }
}

extension RetryRule {
    /// The durations of the rule, in a fixed order.
    var durations: [DurationRule] { [delay, attemptDuration, duration, jitter?.from, jitter?.to].compactMap { $0 } }
}

extension HTTPCallRule {
    /// The templates of the call but for its endpoint, in a fixed order.
    var templates: [Template] { [headers, query, body].compactMap { $0 } + (authentication?.templates ?? []) }

    /// The expressions of the call: the endpoint's first, then those of the templates.
    var expressions: [ExpressionProgram] {
        let inner = templates.flatMap(\.expressions)
        return if case .computed(let program) = endpoint { [program] + inner } else { inner }
    }
}
