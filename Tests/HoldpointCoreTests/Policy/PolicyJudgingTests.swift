import HoldpointCore
import JSON
import Testing

/// What a verdict says beside its outcome, and what no call can slip under.
struct PolicyJudgingTests {
    private let time = Timestamp(milliseconds: 1_000_000)

    private func call(_ arguments: JSONValue = [:], tool: String = "tool") -> PolicyCall {
        PolicyCall(tool: tool, arguments: arguments, time: time)
    }

    private func policy(when: JSONValue) throws -> Policy {
        try Policy(reading: ["default": ["level": "L0"], "rules": [["name": "r", "when": when, "level": "L2"]]])
    }

    @Test func `reasons name what the policy says and nothing of the call`() throws {
        let policy = try policy(when: [
            "all": [["argument": "/card", "matches": "^4"], ["not": ["argument": "/amount", "lte": 5]]]
        ])
        let verdict = policy.verdict(on: call(["card": "4111", "amount": 77]), facts: PolicyFacts())
        #expect(verdict.reasons == ["/card matches ^4 and not (/amount is at most 5)"])
        let doubtful = policy.verdict(on: call(["card": "4111", "amount": "secret"]), facts: PolicyFacts())
        #expect(doubtful.reasons == ["r cannot be judged: /amount is no number"])
        #expect(doubtful.level == .sensitive && doubtful.outcome == .ask)
    }

    @Test func `a pattern that takes too long needs a human`() throws {
        let policy = try policy(when: ["argument": "/text", "matches": "(a|aa|aaa|aaaa)*b$"])
        let text = String(repeating: "a", count: 60_000)
        let verdict = policy.verdict(on: call(["text": .string(text)]), facts: PolicyFacts())
        #expect(verdict.outcome == .ask && verdict.reasons == ["r cannot be judged: /text takes too long to match"])
    }

    @Test func `what cannot be told settles nothing that something else does`() throws {
        let unknown: JSONValue = ["argument": "/missing", "eq": 1]
        let holds: JSONValue = ["argument": "/a", "eq": 1]
        let fails: JSONValue = ["argument": "/a", "eq": 2]
        let cases: [(JSONValue, ToolLevel)] = [
            (["any": [unknown, holds]], .moderate), (["any": [holds, unknown]], .moderate),
            (["any": [unknown, fails]], .sensitive), (["all": [unknown, fails]], .readOnly),
            (["all": [fails, unknown]], .readOnly), (["all": [unknown, holds]], .sensitive),
            (["not": unknown], .sensitive), (["not": fails], .moderate),
        ]
        for (when, level) in cases {
            let verdict = try policy(when: when).verdict(on: call(["a": 1]), facts: PolicyFacts())
            #expect(verdict.level == level)
        }
    }

    @Test func `a verdict reserves what the call adds to every counter of rules about its tool`() throws {
        let policy = try Policy(reading: [
            "rules": [
                [
                    "name": "money", "tools": ["pay"], "level": "L3",
                    "when": [
                        "all": [
                            ["argument": "/never", "exists": true],
                            ["sum": ["argument": "/amount", "window": "P1D", "gt": 10, "per": ["user", "/currency"]]],
                        ]
                    ],
                ],
                ["name": "who", "tools": ["pay"], "level": "L3", "when": ["first_seen": ["argument": "/to"]]],
                ["name": "other", "tools": ["mail"], "level": "L3", "when": ["count": ["window": "P1D", "gt": 10]]],
            ]
        ])
        let paid = call(
            try JSONParser.parse(#"{"amount": 12.5, "currency": "EUR", "to": "x"}"#), tool: "pay")
        let reserved = policy.verdict(on: paid, facts: PolicyFacts()).reservations
        #expect(reserved.map(\.key.text) == [#"["money","sum",null,"EUR"]"#, #"["who","first_seen","x"]"#])
        #expect(reserved.map(\.amount) == [12_500_000, 1])
        #expect(reserved.map(\.countsAtDispatch) == [false, true])
        #expect(reserved.map(\.window) == [86_400_000, 0])
    }

    @Test func `equal values are one key however they are written`() throws {
        let policy = try policy(when: ["first_seen": ["argument": "/client"]])
        let keys = try [#"{"client": 1.0}"#, #"{"client": 1}"#, #"{"client": 10e-1}"#].map { text in
            policy.questions(about: call(try JSONParser.parse(text)))[0].key
        }
        #expect(Set(keys).count == 1)
        let long = String(repeating: "x", count: PolicyLimits.keyBytes)
        let tooLong = call(["client": .string(long)])
        #expect(policy.questions(about: tooLong).isEmpty)
        #expect(policy.verdict(on: tooLong, facts: PolicyFacts()).outcome == .ask)
    }

    @Test func `a sum that cannot be held any more is over every bound`() throws {
        let policy = try policy(when: ["sum": ["argument": "/a", "window": "P1D", "gt": 1_000_000_000]])
        let large = call(["a": 1_000_000_000])
        var facts = PolicyFacts()
        for question in policy.questions(about: large) { facts[question] = .max }
        #expect(policy.verdict(on: large, facts: facts).level == .moderate)
    }

    @Test(arguments: [
        ("a*c", "abc", true), ("a*c", "ac", true), ("a*c", "abd", false), ("*", "", true), ("a?c", "aéc", true),
        ("a?c", "ac", false), ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxaxx", false), ("abc", "abc", true),
        ("abc", "abcd", false), ("a**c", "abc", true), ("??", "ab", true), ("*.internal", "a.b.internal", true),
    ])
    func `globs`(_ glob: String, _ name: String, _ matches: Bool) throws {
        #expect(try #require(Glob(glob)).matches(name) == matches)
    }

    @Test func `a glob with many asterisks takes no long time`() throws {
        let glob = try #require(Glob(String(repeating: "*a", count: 99) + "b"))
        #expect(!glob.matches(String(repeating: "a", count: 20_000)))
    }
}
