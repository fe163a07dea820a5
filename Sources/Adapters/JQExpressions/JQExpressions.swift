package import HoldpointCore
package import HoldpointPorts
package import JQClient
import JSON

/// Evaluates expressions with libjq, in worker processes.
///
/// Literals and plain paths are evaluated here. jq counts in doubles, so an expression whose input or arguments hold a
/// number that a double cannot hold is refused before jq sees it: no number of the data ever changes silently. What a
/// program computes, or reads out of a string with `tonumber` or `fromjson`, is a double.
package struct JQExpressions: ExpressionEvaluator {
    private let workers: JQWorkers

    /// Evaluates with these workers, which the caller stops.
    package init(_ workers: JQWorkers) {
        self.workers = workers
    }

    package func outcomes(of expressions: [Expression]) async throws(ExpressionError) -> [ExpressionOutcome] {
        var requests: [JQRequest] = []
        var known = expressions.map { expression -> ExpressionOutcome? in
            if let outcome = expression.quickOutcome { return outcome }
            if let failure = Self.inexactNumber(in: expression) { return .failure(failure) }
            let request = Self.request(for: expression)
            guard request.size <= workers.limits.exchangeBytes else {
                return .failure(
                    ExpressionFailure(
                        .exhausted, "the expression's data is longer than \(workers.limits.exchangeBytes) bytes"))
            }
            requests.append(request)
            return nil
        }
        guard !requests.isEmpty else { return known.compactMap(\.self) }
        var replies = try await replies { () async throws(JQWorkersError) in
            try await workers.replies(to: requests)
        }[...]
        for place in known.indices where known[place] == nil {
            known[place] = replies.popFirst().map { outcome(of: $0) }
        }
        return known.compactMap(\.self)
    }

    package func faults(in programs: [ExpressionProgram]) async throws(ExpressionError) -> [ExpressionFailure?] {
        let sources = programs.filter { !$0.isQuick }.map { Self.source(of: $0) }
        var replies = try await replies { () async throws(JQWorkersError) in
            try await workers.compile(sources)
        }[...]
        return programs.map { program in
            guard !program.isQuick, let reply = replies.popFirst(), case .failure(let failure) = fault(in: reply) else {
                return nil
            }
            return failure
        }
    }

    private func replies(
        _ ask: () async throws(JQWorkersError) -> [JQReply]
    ) async throws(ExpressionError) -> [JQReply] {
        do throws(JQWorkersError) {
            return try await ask()
        } catch {
            throw ExpressionError(detail: error.description)
        }
    }

    private static func source(of program: ExpressionProgram) -> String {
        JQProgram.source(of: program.text, variables: program.arguments)
    }

    private static func request(for expression: Expression) -> JQRequest {
        var bytes = [UInt8(ascii: "[")]
        expression.input.write(into: &bytes)
        for argument in expression.arguments {
            bytes.append(UInt8(ascii: ","))
            argument.value.write(into: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        return JQRequest(source: source(of: expression.program), input: bytes)
    }

    private static func inexactNumber(in expression: Expression) -> ExpressionFailure? {
        func failure(_ owner: String, _ pointer: JSONPointer) -> ExpressionFailure {
            ExpressionFailure(
                .inexact, "the number at '\(pointer)' of \(owner) would become another one in jq; carry it as a string")
        }
        if let pointer = expression.input.inexactNumber { return failure("the input", pointer) }
        for argument in expression.arguments {
            if let pointer = argument.value.inexactNumber { return failure("$\(argument.key)", pointer) }
        }
        return nil
    }

    /// The failure that a reply to a program that was only compiled stands for.
    private func fault(in reply: JQReply) -> ExpressionOutcome {
        if case .value = reply { .value(.null) } else { outcome(of: reply) }
    }

    private func outcome(of reply: JQReply) -> ExpressionOutcome {
        switch reply {
        case .value(let bytes):
            do throws(JSONSyntaxError) {
                return .value(try JSONParser.parse(bytes, limits: JSONLimits(maximumBytes: bytes.count)))
            } catch {
                return .failure(ExpressionFailure(.failed, "the expression's value is refused: \(error.kind.rawValue)"))
            }
        case .error(let error): return .failure(Self.failure(error))
        case .outOfTime(let milliseconds):
            return .failure(
                ExpressionFailure(.exhausted, "the expression took more than \(milliseconds) ms of processor time"))
        case .outOfMemory(let bytes):
            return .failure(ExpressionFailure(.exhausted, "the expression took more than \(bytes) bytes of memory"))
        case .crashed:
            return .failure(
                ExpressionFailure(.exhausted, "the expression broke its evaluator: it may nest or recurse too deeply"))
        }
    }

    private static func failure(_ error: JQError) -> ExpressionFailure {
        switch error {
        case .invalid(let message): ExpressionFailure(.invalid, message)
        case .failed(let message): ExpressionFailure(.failed, message)
        case .noValue: ExpressionFailure(.failed, "the expression yields no value")
        case .severalValues:
            ExpressionFailure(.failed, "the expression yields more than one value; collect them with [ ]")
        case .tooLong(let limit):
            ExpressionFailure(.exhausted, "the expression's value is longer than \(limit) bytes")
        case .notAnInput: ExpressionFailure(.exhausted, "the expression's data nests too deeply for jq")
        }
    }
}
