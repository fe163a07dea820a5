package import HoldpointCore
package import JSON

/// Evaluates expressions outside the pure core.
package protocol ExpressionEvaluator: Sendable {
    /// The values of the expressions, in order; all of one decision in one exchange.
    func evaluate(_ expressions: [Expression]) async throws(ExpressionError) -> [JSONValue]
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
    package init() {}

    package func evaluate(_ expressions: [Expression]) async throws(ExpressionError) -> [JSONValue] {
        throw ExpressionError(detail: "this node evaluates no expressions")
    }
}
