import Glibc
import HoldpointCore
import HoldpointPorts
import JQClient
import JQExpressions
import JSON
import Testing

@Suite("Expressions by jq", .serialized)
struct JQExpressionsTests {
    private static let names: Set<String> = ["context", "task"]
    private static let tenth = JSONNumber(text: "0.1").map { JSONValue.number($0) } ?? .null

    private static func workers() throws -> JQWorkers {
        var path = [CChar](repeating: 0, count: 4_096)
        let count = max(readlink("/proc/self/exe", &path, path.count - 1), 0)
        let folder = path.prefix(count).map { UInt8(bitPattern: $0) }.split(separator: UInt8(ascii: "/")).dropLast()
        let parts = folder.map { String(decoding: $0, as: UTF8.self) } + ["expression-worker"]
        var limits = JQLimits()
        limits.timeMilliseconds = 200
        limits.memoryBytes = 64 << 20
        return try JQWorkers(JQLaunch(path: "/" + parts.joined(separator: "/"), arguments: []), limits: limits)
    }

    private static func expression(
        _ text: String, _ input: JSONValue = nil, _ arguments: JSONObject = [:]
    ) throws -> Expression {
        Expression(program: try ExpressionProgram(text, arguments: names), input: input, arguments: arguments)
    }

    @Test(.timeLimit(.minutes(1)))
    func `quick and other expressions of one decision come back in order`() async throws {
        let workers = try Self.workers()
        defer { workers.stop() }
        let input: JSONValue = ["a": [1, 2, 3]]
        let outcomes = try await JQExpressions(workers).outcomes(of: [
            Self.expression(".a[1]", input), Self.expression("[.a[] | . * 10]", input), Self.expression("\"x\""),
            Self.expression("$context.k + $task", 0, ["task": 2, "context": ["k": 40]]), Self.expression("[$task]"),
            Self.expression(".a.b", input), Self.expression("error(\"no\")"), Self.expression(".a[]", input),
            Self.expression("empty"), Self.expression("{(\"b\"): .a}", input),
        ])
        #expect(
            outcomes == [
                .value(2), .value([10, 20, 30]), .value("x"), .value(42), .value([nil]),
                .failure(ExpressionFailure(.failed, "Cannot index array with string \"b\"")),
                .failure(ExpressionFailure(.failed, "no")),
                .failure(
                    ExpressionFailure(.failed, "the expression yields more than one value; collect them with [ ]")),
                .failure(ExpressionFailure(.failed, "the expression yields no value")), .value(["b": [1, 2, 3]]),
            ])
    }

    @Test(.timeLimit(.minutes(1)))
    func `a number that jq could not hold is passed on unchanged or refused, never altered`() async throws {
        let workers = try Self.workers()
        defer { workers.stop() }
        let big = JSONValue.integer(9_007_199_254_740_993)
        let input: JSONValue = ["amounts": [1, big]]
        let outcomes = try await JQExpressions(workers).outcomes(of: [
            Self.expression(".amounts[1]", input), Self.expression(".amounts | length", input),
            Self.expression("[$context]", 1, ["context": big]), Self.expression("[$task]", 1, ["context": big]),
            Self.expression(". + 0", .integer(9_007_199_254_740_992)), Self.expression("[.]", Self.tenth),
            Self.expression("tonumber", "9007199254740993"),
        ])
        func refusal(_ place: String) -> ExpressionOutcome {
            .failure(
                ExpressionFailure(
                    .inexact, "the number at \(place) would become another one in jq; carry it as a string"))
        }
        #expect(
            outcomes == [
                .value(big), refusal("'/amounts/1' of the input"), refusal("'' of $context"), .value([nil]),
                .value(.integer(9_007_199_254_740_992)), .value([Self.tenth]), .value(.integer(9_007_199_254_740_992)),
            ])
    }

    @Test(.timeLimit(.minutes(1)))
    func `I10: an expression that runs away fails alone, and says why`() async throws {
        let workers = try Self.workers()
        defer { workers.stop() }
        let evaluator = JQExpressions(workers)
        for text in ["[range(1e9)]", "def f: f; f", "\"x\" * 1e9"] {
            let outcomes = try await evaluator.outcomes(of: [Self.expression("1 + 1"), Self.expression(text)])
            #expect(outcomes.first == .value(2))
            guard case .failure(let failure)? = outcomes.last else {
                Issue.record("\(text) has a value")
                continue
            }
            #expect(failure.kind == .exhausted)
            #expect(failure.detail.hasPrefix("the expression took more than "), "\(text): \(failure.detail)")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `data and values that are too long or too deep fail their expression`() async throws {
        let workers = try Self.workers()
        defer { workers.stop() }
        let long = JSONValue.string(String(repeating: "x", count: workers.limits.exchangeBytes))
        let outcomes = try await JQExpressions(workers).outcomes(of: [
            Self.expression("length", long), Self.expression("\"x\" * 2000000"),
            Self.expression("reduce range(100) as $i (0; [.])"), Self.expression("1 + 1"),
        ])
        #expect(
            outcomes == [
                .failure(ExpressionFailure(.exhausted, "the expression's data is longer than 16777216 bytes")),
                .failure(ExpressionFailure(.exhausted, "the expression's value is longer than 1048576 bytes")),
                .failure(
                    ExpressionFailure(
                        .failed, "the expression's value is refused: arrays and objects nest too deeply")),
                .value(2),
            ])
    }

    @Test(.timeLimit(.minutes(1)))
    func `what does not compile is found when it is put`() async throws {
        let workers = try Self.workers()
        defer { workers.stop() }
        let programs = try [".a", "$task | nothing", "1 +", "$other", ". as $x | $x + $context"].map {
            try ExpressionProgram($0, arguments: Self.names)
        }
        let faults = try await JQExpressions(workers).faults(in: programs)
        #expect(faults.map { $0?.kind } == [nil, .invalid, .invalid, .invalid, nil])
        #expect(faults[1]?.detail == "nothing/0 is not defined")
        #expect(faults[3]?.detail == "$other is not defined")
    }

    @Test(.timeLimit(.minutes(1)))
    func `no evaluator is an error and no outcome`() async throws {
        let workers = try JQWorkers(JQLaunch(path: "/nonexistent", arguments: []))
        let evaluator = JQExpressions(workers)
        await #expect(throws: ExpressionError.self) { try await evaluator.outcomes(of: [Self.expression("1 + 1")]) }
        await #expect(throws: ExpressionError.self) { try await evaluator.faults(in: [ExpressionProgram("1 + 1")]) }
        #expect(try await evaluator.evaluate([Self.expression(".", 7)]) == [7])
        await #expect(throws: ExpressionError(detail: "Cannot index number with string \"a\"")) {
            try await evaluator.evaluate([Self.expression(".a", 7)])
        }
    }
}

@Suite("Quick expressions against jq")
struct JQDifferentialTests {
    private static let texts = [
        ".", ".a", ".a.b", ".b[0]", ".b[-1]", ".b[2].a", ".[0]", ".[1]", ".[-2]", ".[0].a", ".[\"a\"]", ".\"a\"",
        ".a.\"b\"[1]",
        ".[0][0]", ".[2147483647]", ".[-2147483648]", ".\"\\u0061\"", ".\"\\n\\\"\"", ". .a", ".a .b", "$context",
        "$context.a", "$context[0]", "$context.a[1].b", ".a[\"b\"][-1]", "null", "true", "false", "0", "-0", "1.50",
        "1e3", "-1.5E-2", ".5", "5.", "007", "1e17", "123456789012", "0.1", "1e300", "\"\"", "\"a\\tb\\u00e9\\/\"",
        "\"é𝄞\"",
        ".e", ".[0.0]", ".[-0]", ".[1e0]", ".[\"\"]", "$context.\"a\".b",
    ]

    /// Every value that can be made of few leaves in three levels, chosen by a generator with a fixed seed.
    private static func documents() -> [JSONValue] {
        var state: UInt64 = 20_261_121
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let leaves: [JSONValue] = [
            nil, true, false, 0, -7, .number(JSONNumber(text: "1.5") ?? JSONNumber(0)), "", "a", "é\n\"",
            .integer(1 << 53),
        ]
        let keys = ["a", "b", "e", "", "\n\"", "c"]
        func value(_ depth: Int) -> JSONValue {
            switch depth == 0 ? 0 : next(3) {
            case 1: return .array((0..<next(4)).map { _ in value(depth - 1) })
            case 2:
                var object = JSONObject()
                for _ in 0..<next(4) { object[keys[next(keys.count)]] = value(depth - 1) }
                return .object(object)
            default: return leaves[next(leaves.count)]
            }
        }
        return leaves + (0..<150).map { _ in value(4) }
    }

    private static func outcome(of program: JQProgram, _ input: [JSONValue]) throws -> ExpressionOutcome {
        let bytes: [UInt8]
        do throws(JQError) {
            bytes = try program.run(JSONValue.array(input).serialized())
        } catch {
            guard case .failed(let message) = error else { throw error }
            return .failure(ExpressionFailure(.failed, message))
        }
        return .value(try JSONParser.parse(bytes))
    }

    @Test(arguments: texts)
    func `the quick way ends where jq ends`(text: String) throws {
        let program = try ExpressionProgram(text, arguments: ["context"])
        #expect(program.isQuick, "\(text)")
        let compiled = try JQProgram(source: JQProgram.source(of: text, variables: program.arguments))
        let documents = Self.documents()
        for (place, input) in documents.enumerated() {
            let argument = documents[documents.count - 1 - place]
            let quick = program.quickOutcome(input: input, arguments: ["context": argument])
            let expected = try Self.outcome(of: compiled, [input, argument])
            switch (quick, expected) {
            case (.value(let left), .value(let right)):
                #expect(left.isEquivalent(to: right), "\(text) of \(input.text), \(argument.text)")
            default:
                #expect(quick == expected, "\(text) of \(input.text), \(argument.text)")
            }
        }
    }
}
