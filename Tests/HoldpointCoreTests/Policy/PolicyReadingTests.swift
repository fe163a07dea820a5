import HoldpointCore
import JSON
import Testing

/// What is no policy, and what is said of it.
struct PolicyReadingTests {
    /// The places and details of what does not fit.
    private func faults(_ value: JSONValue) -> [String] {
        do {
            _ = try Policy(reading: value)
            return []
        } catch {
            return error.violations.map { "\($0.pointer) \($0.detail)" }
        }
    }

    @Test func `an empty policy asks a human about everything`() throws {
        let policy = try Policy(reading: [:])
        let call = PolicyCall(tool: "get", arguments: [:], time: Timestamp(milliseconds: 0))
        let verdict = policy.verdict(on: call, facts: PolicyFacts())
        #expect(verdict.outcome == .ask && verdict.level == .sensitive)
        #expect(verdict.reasons == ["the policy puts this tool at level L3"])
    }

    @Test func `whatever does not fit is named with its place, all of it at once`() {
        let found = faults([
            "rulez": [], "confidence": 2, "default": ["level": "L5"],
            "tools": [["tool": "a"], ["level": "L0"], ["tool": "", "level": "L0", "x": 1]],
            "rules": [["name": ""], ["name": "n", "level": "L3", "tools": []], 7],
            "risk": ["keywords": ["high": ["two words"]], "confirmations": ["low": "shrug"]],
        ])
        #expect(
            found == [
                "/default/level must be L0, L1, L2, L3 or L4",
                "/confidence must be a number from 0 to 1",
                "/tools/0/level is required",
                "/tools/1/tool is required, or one of task, function, host and server",
                "/tools/2/tool must be a glob of 1 to 200 bytes, or a list of such",
                "/tools/2/x unknown field",
                "/rules/0/name must not be empty",
                "/rules/1/tools must not be empty",
                "/rules/2 must be an object",
                "/risk/keywords/high must be a list of single words, each possibly with an asterisk at its end",
                "/risk/confirmations/low must be none, simple, detailed or double",
                "/rulez unknown field",
            ])
    }

    private static let subjects =
        " must have exactly one of argument, label, agent, user, time, first_seen, count, sum, all, any, not"
    private static let tests = "exactly one is needed of eq, ne, gt, gte, lt, lte, in, matches, exists"

    private static let conditions: [(JSONValue, String)] = [
        ([:], subjects),
        (["argument": "/a", "agent": "x", "eq": 1], subjects),
        (["argument": "amount", "gt": 1], "/argument must be a JSON Pointer into the arguments, such as /amount"),
        (["argument": "/a"], "/eq \(tests)"),
        (["argument": "/a", "gt": 1, "lt": 2], "/lt \(tests)"),
        (["argument": "/a", "gt": "1"], "/gt must be a number"),
        (["argument": "/a", "eq": [1]], "/eq must be a text, a number, true, false or null"),
        (["argument": "/a", "exists": 1], "/exists must be true or false"),
        (["label": "x", "gt": 1], "/gt cannot be asked of a text"),
        (["label": "x", "eq": 1], "/eq must be a text"),
        (["agent": []], "/agent must be a glob of 1 to 200 bytes, or a list of such"),
        (["time": [:]], "/time/from is required, or days"),
        (["time": ["from": "08:00"]], "/time/until from and until belong together"),
        (["time": ["days": ["monday"]]], "/time/days must be a list of mon, tue, wed, thu, fri, sat, sun"),
        (["time": ["from": "8:00", "until": "08:00"]], "/time/from must be a time of the day such as 08:30"),
        (["time": ["days": ["mon"], "zone": "CET"]], "/time/zone must be Z or a distance from UTC such as +01:00"),
        (["count": ["gt": 1]], "/count/window is required"),
        (
            ["count": ["window": "P1Y", "gt": 1]],
            "/count/window must be a duration from a second to 366 days, such as PT1H"
        ),
        (["count": ["window": "PT1H"]], "/count/gt exactly one is needed of gt, gte"),
        (["count": ["window": "PT1H", "gt": -1]], "/count/gt must be a whole number from 0"),
        (
            ["count": ["window": "PT1H", "gt": 1, "per": ["moon"]]],
            "/count/per/0 must be agent, user, tool or a JSON Pointer into the arguments"
        ),
        (
            ["sum": ["argument": "/a", "window": "PT1H", "gt": "x"]],
            "/sum/gt must be an amount of at most six decimals"
        ),
        (["first_seen": ["argument": "/a", "window": "PT1H"]], "/first_seen/window unknown field"),
        (["all": []], "/all must be a list of conditions"),
        (["not": ["argument": "/a", "eq": 1, "x": 2]], "/not/x unknown field"),
    ]

    @Test(arguments: conditions)
    func `a condition that is none is refused with its place`(_ when: JSONValue, _ expected: String) {
        #expect(
            faults(["rules": [["name": "r", "when": when, "level": "L3"]]]) == ["/rules/0/when\(expected)"])
    }

    @Test func `what is no pattern is refused`() {
        let found = faults(["rules": [["name": "r", "when": ["argument": "/a", "matches": "("], "level": "L3"]]])
        #expect(found.count == 1 && found[0].hasPrefix("/rules/0/when/matches is no pattern: character "))
    }

    @Test func `names of rules are unique, and counters of one name count the same`() {
        let rule: JSONValue = ["name": "r", "level": "L3"]
        #expect(faults(["rules": [rule, rule]]) == ["/rules two rules are named r"])
        func counting(_ name: String, _ per: JSONValue) -> JSONValue {
            let count: JSONValue = ["window": "PT1H", "gt": 1, "name": "c", "per": per]
            return ["name": .string(name), "level": "L3", "when": ["count": count]]
        }
        #expect(faults(["rules": [counting("a", []), counting("b", [])]]) == [])
        #expect(
            faults(["rules": [counting("a", []), counting("b", ["user"])]])
                == ["/rules the rule b has a counter named c that counts something else"])
    }

    @Test func `tools, rules, conditions and their depth are bounded`() {
        func repeated(_ count: Int, _ make: (Int) -> JSONValue) -> JSONValue { .array((0..<count).map(make)) }
        let tool: (Int) -> JSONValue = { ["tool": .string("t\($0)"), "level": "L0"] }
        #expect(faults(["tools": repeated(PolicyLimits.tools, tool)]) == [])
        #expect(faults(["tools": repeated(PolicyLimits.tools + 1, tool)]) == ["/tools must have at most 1000 items"])
        let rule: (Int) -> JSONValue = { ["name": .string("r\($0)"), "level": "L0"] }
        #expect(faults(["rules": repeated(PolicyLimits.rules, rule)]) == [])
        #expect(faults(["rules": repeated(PolicyLimits.rules + 1, rule)]) == ["/rules must have at most 500 items"])
        let leaf: JSONValue = ["argument": "/a", "eq": 1]
        func all(_ count: Int) -> JSONValue {
            ["rules": [["name": "r", "level": "L3", "when": ["all": repeated(count) { _ in leaf }]]]]
        }
        #expect(faults(all(PolicyLimits.conditions - 1)) == [])
        #expect(faults(all(PolicyLimits.conditions)) == ["/rules/0/when/all/63 the rule has more than 64 conditions"])
        func nested(_ depth: Int) -> JSONValue {
            let when = (1..<depth).reduce(leaf) { inner, _ in ["not": inner] }
            return ["rules": [["name": "r", "level": "L3", "when": when]]]
        }
        #expect(faults(nested(PolicyLimits.depth)) == [])
        #expect(faults(nested(PolicyLimits.depth + 1)).first?.hasSuffix("the rule has more than a depth of 8") == true)
        let globs: JSONValue = repeated(PolicyLimits.items + 1) { .string("g\($0)") }
        #expect(faults(["tools": [["tool": globs, "level": "L0"]]]).count == 1)
        let long = String(repeating: "x", count: PolicyLimits.globBytes + 1)
        #expect(faults(["tools": [["tool": .string(long), "level": "L0"]]]).count == 1)
        let name = String(repeating: "x", count: PolicyLimits.nameLength + 1)
        #expect(faults(["rules": [["name": .string(name), "level": "L3"]]]).count == 1)
        let matching: (Int) -> JSONValue = {
            ["name": .string("m\($0)"), "level": "L3", "when": ["not": ["argument": "/a", "matches": "x"]]]
        }
        #expect(faults(["rules": repeated(PolicyLimits.patterns, matching)]) == [])
        #expect(
            faults(["rules": repeated(PolicyLimits.patterns + 1, matching)])
                == ["/rules have more than 50 patterns together"])
        let counting: (Int) -> JSONValue = {
            ["name": .string("c\($0)"), "level": "L3", "when": ["count": ["window": "PT1H", "gt": 1]]]
        }
        #expect(faults(["rules": repeated(PolicyLimits.counters, counting)]) == [])
        #expect(
            faults(["rules": repeated(PolicyLimits.counters + 1, counting)])
                == ["/rules have more than 100 counters together"])
        let words: JSONValue = repeated(PolicyLimits.keywords + 1) { .string("w\($0)") }
        #expect(faults(["risk": ["keywords": ["low": words]]]).count == 1)
    }

    @Test func `a call that is none is refused with its places`() {
        let value: JSONValue = [
            "arguments": [1], "confidence": 2, "labels": ["a": 1], "annotations": ["x": true], "time": "noon",
        ]
        do {
            _ = try PolicyCall(reading: value, now: Timestamp(milliseconds: 0))
            Issue.record("it was read")
        } catch {
            let places = error.violations.map(\.pointer.description)
            #expect(
                Set(places) == ["/tool", "/arguments", "/time", "/labels/a", "/confidence", "/annotations/x"])
        }
    }
}
