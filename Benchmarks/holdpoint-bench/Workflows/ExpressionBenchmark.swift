import HoldpointCore
import HoldpointPorts
import JQClient
import JQExpressions
import JSON

/// Expressions as the engine has them evaluated: by libjq in its workers, and on the fast path.
struct ExpressionBenchmark {
    let thread: BenchmarkThread
    let count: Int
    let rounds: Int

    /// Expressions of the measure with several in one exchange.
    private static let together = 16
    /// How many more of the quick ones are taken, so that the clock has something to measure.
    private static let quickFactor = 50

    /// Prints a line for each round.
    func run() async throws {
        let workers = try JQWorkers(.same(arguments: [Benchmark.workerWord]))
        defer { workers.stop() }
        let evaluator = JQExpressions(workers)
        let computed = try Self.expression(".total > 1500 and (.lines | map(.count * .price) | add) == .total")
        let quick = try Self.expression(".customer.address.city")
        guard try await evaluator.faults(in: [computed.program]) == [nil] else {
            throw BenchmarkFailure("the expression does not compile")
        }
        try await check(evaluator, computed, .bool(true))
        try await check(evaluator, quick, "Lehnin")
        for round in 1...rounds {
            let alone = try await measured(count) { _ = try await evaluator.outcomes(of: [computed]) }
            let many = Array(repeating: computed, count: Self.together)
            let shared = try await measured(count / 4) { _ = try await evaluator.outcomes(of: many) }
            let path = try await measured(count * Self.quickFactor) { try Self.take(quick) }
            let each = shared.cpuMicroseconds / Double(Self.together)
            print(
                "round \(round): round trip \(alone.cpuMicroseconds.rounded(1)) µs  "
                    + "of \(Self.together) together \(each.rounded(1)) µs each  "
                    + "fast path \(path.cpuMicroseconds.rounded(3)) µs")
        }
    }

    /// One after the other, so that nothing is shared between round trips.
    private func measured(
        _ count: Int, _ work: @escaping @Sendable () async throws -> Void
    ) async throws -> Measurement {
        try await Measurement.of(count, withChildren: true) {
            try await concurrently(1, of: count, on: thread.executors.executor()) { _ in try await work() }
        }
    }

    /// What the interpreter does with a plain path: it puts the expression together and evaluates it.
    private static func take(_ given: Expression) throws {
        let expression = Expression(program: given.program, input: given.input, arguments: given.arguments)
        guard expression.quickOutcome != nil else { throw BenchmarkFailure("that is no plain path") }
    }

    private func check(_ evaluator: JQExpressions, _ expression: Expression, _ value: JSONValue) async throws {
        guard try await evaluator.outcomes(of: [expression]) == [.value(value)] else {
            throw BenchmarkFailure("\(expression.program.text) has another value")
        }
    }

    /// An expression on about 1,000 bytes of input.
    private static func expression(_ text: String) throws -> Expression {
        var input = BenchmarkDocument.input.objectValue ?? JSONObject()
        input["total"] = 4_250
        input["customer"] = ["name": "Werft Nordwind GmbH", "address": ["city": "Lehnin", "post": "14797"]]
        input["note"] = .string(String(repeating: "x", count: 700))
        return Expression(program: try ExpressionProgram(text), input: .object(input))
    }
}
