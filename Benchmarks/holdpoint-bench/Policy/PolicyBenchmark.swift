import HoldpointCore
import JSON

/// What a policy of many rules takes for one call, beside the canonical form of its arguments, made in any case.
struct PolicyBenchmark {
    let count: Int
    let rounds: Int

    /// Rules, all of them about the call.
    private static let rules = 200

    /// Prints a line for each round.
    func run() async throws {
        let policy = try Policy(reading: Self.policy)
        let call = try Self.call()
        var facts = PolicyFacts()
        for question in policy.questions(about: call) { facts[question] = 1 }
        let known = facts
        // Every kind of condition is judged to the end: none applies, and none is in doubt.
        let verdict = policy.verdict(on: call, facts: known)
        guard verdict.outcome == .run, verdict.rules.isEmpty, verdict.reservations.count == 5 else {
            throw BenchmarkFailure("the call became \(verdict.json.text)")
        }
        let bytes = call.arguments.serialized().count
        for round in 1...rounds {
            let judged = try await Measurement.of(count) {
                for _ in 0..<count where policy.verdict(on: call, facts: known).outcome != .run {
                    throw BenchmarkFailure("the same call became something else")
                }
            }
            let digested = try await Measurement.of(count) {
                for _ in 0..<count { _ = try CanonicalJSON.encode(call.arguments) }
            }
            print(
                "round \(round): verdict \(judged.cpuMicroseconds.rounded(2)) µs  "
                    + "canonical \(digested.cpuMicroseconds.rounded(2)) µs  "
                    + "rules \(Self.rules)  bytes \(bytes)")
        }
    }

    private static func call() throws -> PolicyCall {
        var arguments: JSONObject = [
            "amount": 800, "currency": "EUR", "client": "Werft Nordwind GmbH", "to": "billing@nordwind.example",
            "lines": .array((0..<12).map { ["count": .integer(Int64($0)), "text": "Antifouling, per square metre"] }),
        ]
        for place in 0..<20 { arguments["field_\(place)"] = .integer(Int64(place)) }
        arguments["note"] = .string(String(repeating: "Thank you for your order. ", count: 24))
        var call = PolicyCall(
            tool: "create_and_send_invoice", arguments: .object(arguments),
            time: Timestamp(milliseconds: 1_795_000_000_000))
        call.agent = "billing"
        call.user = "ann@example.com"
        call.labels = [("workspace", "test"), ("region", "eu")]
        call.confidence = JSONNumber(Int64(1))
        return call
    }

    private static var policy: JSONValue {
        let conditions: [(Int) -> JSONValue] = [
            { ["argument": "/amount", "gt": .integer(Int64(1_500 + $0))] },
            { ["argument": .string("/field_\($0 % 20)"), "gt": 100] },
            { ["argument": "/currency", "in": ["USD", "GBP", .string("X\($0)")]] },
            { ["all": [["argument": "/amount", "lt": 10_000], ["argument": "/client", "eq": .string("c\($0)")]]] },
            { ["any": [["label": "workspace", "eq": "production"], ["agent": .string("intern-\($0)*")]]] },
            { ["argument": "/lines/3/count", "gte": .integer(Int64(100 + $0))] },
            { ["not": ["argument": "/amount", "lte": .integer(Int64(2_000 + $0))]] },
            { ["user": .string("*@board-\($0).example")] },
        ]
        let plain = (0..<rules - 10).map { rule(conditions[$0 % conditions.count]($0), $0) }
        let matching = (rules - 10..<rules - 5).map {
            rule(["argument": "/to", "matches": .string("@evil-\($0)\\.example$")], $0)
        }
        let counting = (rules - 5..<rules).map { rule(["count": ["window": "PT1H", "gt": .integer(Int64($0))]], $0) }
        return [
            "tools": [["tool": "create_*", "level": "L1"]], "rules": .array(plain + matching + counting),
        ]
    }

    private static func rule(_ condition: JSONValue, _ number: Int) -> JSONValue {
        [
            "name": .string("rule-\(number)"), "tools": ["create_and_send_invoice"], "when": condition, "level": "L3",
        ]
    }
}
