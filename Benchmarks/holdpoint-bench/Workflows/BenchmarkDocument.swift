import HoldpointCore
import JSON

/// The workflows that are measured.
enum BenchmarkDocument: String, CaseIterable {
    /// Ten steps of `set`, `switch` and `for`, whose expressions are plain paths.
    case paths
    /// The same ten steps, six of which compute with jq.
    case computing
    /// One question to a human.
    case human

    /// The agent's name.
    var agent: AgentName {
        get throws { try AgentName(rawValue) }
    }

    /// Commits of one session: one for each pause, and one for the end.
    var commits: Int { self == .human ? 2 : 1 }

    /// What the ten steps work on.
    static let input: JSONValue = [
        "order": "A-1003", "customer": ["name": "Werft Nordwind GmbH", "isKnown": true], "isLarge": true,
        "lines": [
            ["item": "survey", "count": 2, "price": 800], ["item": "report", "count": 1, "price": 1_650],
            ["item": "travel", "count": 4, "price": 250],
        ],
    ]

    /// What they come to.
    var output: JSONValue {
        switch self {
        case .paths: ["order": "A-1003", "last": "travel", "level": "high"]
        case .computing: ["order": "A-1003", "total": 4_250, "level": "high"]
        case .human: .null
        }
    }

    /// The document.
    var definition: JSONValue {
        get throws {
            [
                "document": [
                    "dsl": "1.0.3", "namespace": "bench", "name": .string(rawValue), "version": "1.0.0",
                ],
                "do": try JSONParser.parse(Array(tasks.utf8)),
            ]
        }
    }

    private var tasks: String {
        switch self {
        case .paths: Self.pathTasks
        case .computing: Self.computingTasks
        case .human: Self.humanTasks
        }
    }

    /// take, size, mark, lines, three times line, known, level, close.
    private static let pathTasks = #"""
        [{"take": {"set": {"order": "${ .order }", "lines": "${ .lines }", "isLarge": "${ .isLarge }",
            "isKnown": "${ .customer.isKnown }"}}},
         {"size": {"switch": [{"large": {"when": ".isLarge", "then": "mark"}}, {"small": {"then": "exit"}}]}},
         {"mark": {"set": {"order": "${ .order }", "lines": "${ .lines }", "isKnown": "${ .isKnown }"}}},
         {"lines": {"for": {"each": "line", "in": ".lines"},
             "do": [{"line": {"set": {"order": "${ .order }", "last": "${ $line.item }",
                 "isKnown": "${ .isKnown }"}}}]}},
         {"known": {"switch": [{"yes": {"when": ".isKnown", "then": "level"}}, {"no": {"then": "exit"}}]}},
         {"level": {"set": {"order": "${ .order }", "last": "${ .last }", "level": "high"}}},
         {"close": {"set": {"order": "${ .order }", "last": "${ .last }", "level": "${ .level }"}}}]
        """#

    /// The same with two comparisons, three sums and one object made by jq.
    private static let computingTasks = #"""
        [{"take": {"set": {"order": "${ .order }", "lines": "${ .lines }", "isLarge": "${ .isLarge }", "total": 0}}},
         {"size": {"switch": [{"large": {"when": "(.lines | length) > 2", "then": "mark"}},
             {"small": {"then": "exit"}}]}},
         {"mark": {"set": {"order": "${ .order }", "lines": "${ .lines }", "total": 0}}},
         {"lines": {"for": {"each": "line", "in": ".lines"},
             "do": [{"line": {"set": {"order": "${ .order }", "total": "${ .total + $line.count * $line.price }"}}}]}},
         {"known": {"switch": [{"yes": {"when": ".total > 1500", "then": "level"}}, {"no": {"then": "exit"}}]}},
         {"level": {"set": {"order": "${ .order }", "total": "${ .total }", "level": "high"}}},
         {"close": {"set": "${ {order, total, level} }"}}]
        """#

    private static let humanTasks = #"""
        [{"ask": {"call": "human", "with": {"type": "clarification", "title": "Which one?",
            "context": {"text": "${ .text }"}}}}]
        """#
}
