package import HoldpointCore
package import JSON

/// Evaluates expressions outside the pure core.
///
/// An outcome depends on nothing but the expression, so an evaluator may try again as often as it must. Expressions
/// that need no evaluator (`Expression.quickOutcome`) may be sent here too.
package protocol ExpressionEvaluator: Sendable {
    /// What becomes of each expression, in order; all of one decision in one exchange.
    ///
    /// - Throws: when the evaluator cannot be had, which says nothing about the expressions.
    func outcomes(of expressions: [Expression]) async throws(ExpressionError) -> [ExpressionOutcome]

    /// What keeps each program from being compiled, in order; nil for those that are in order.
    ///
    /// Asked when a definition is put; the programs are then compiled before they are first needed.
    ///
    /// - Throws: when the evaluator cannot be had, which says nothing about the programs.
    func faults(in programs: [ExpressionProgram]) async throws(ExpressionError) -> [ExpressionFailure?]
}

extension ExpressionEvaluator {
    /// The values of the expressions, in order.
    ///
    /// - Throws: also when one of them has no value.
    package func evaluate(_ expressions: [Expression]) async throws(ExpressionError) -> [JSONValue] {
        var values: [JSONValue] = []
        for outcome in try await outcomes(of: expressions) {
            switch outcome {
            case .value(let value): values.append(value)
            case .failure(let failure): throw ExpressionError(detail: failure.detail)
            }
        }
        return values
    }
}

/// Why expressions have no value.
package struct ExpressionError: Error, Sendable, Equatable {
    /// One sentence for people.
    package let detail: String

    package init(detail: String) {
        self.detail = detail
    }
}

/// The evaluator of a node none of whose programs has expressions.
package struct NoExpressions: ExpressionEvaluator {
    private static let refusal = ExpressionError(detail: "this node evaluates no expressions")

    package init() {}

    package func outcomes(of expressions: [Expression]) async throws(ExpressionError) -> [ExpressionOutcome] {
        throw Self.refusal
    }

    package func faults(in programs: [ExpressionProgram]) async throws(ExpressionError) -> [ExpressionFailure?] {
        throw Self.refusal
    }
}
