import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON

/// Evaluates the few expressions of the simulated workflows that need more than a path, and is away now and then.
struct SimulatedExpressions: ExpressionEvaluator {
    let world: World

    func outcomes(of expressions: [Expression]) async throws(ExpressionError) -> [ExpressionOutcome] {
        if world.isChaotic, world.chance.below(8) == 0 {
            await world.sleep(upTo: 500)
            throw ExpressionError(detail: "a simulated fault")
        }
        return expressions.map(Self.outcome)
    }

    func faults(in programs: [ExpressionProgram]) async throws(ExpressionError) -> [ExpressionFailure?] {
        programs.map { _ in nil }
    }

    private static func outcome(of expression: Expression) -> ExpressionOutcome {
        if let known = expression.quickOutcome { return known }
        let number = expression.input["n"]?.int64Value ?? 0
        switch expression.program.text {
        case WorkflowScene.increment: return .value(["n": .integer(number + 1)])
        case WorkflowScene.isSmall: return .value(.bool(number < WorkflowScene.rounds))
        default: return .failure(ExpressionFailure(.invalid, "nobody evaluates \(expression.program.text)"))
        }
    }
}
