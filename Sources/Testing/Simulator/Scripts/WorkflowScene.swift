import HoldpointCore
import HoldpointPorts
import JSON

/// The workflows of the simulated project, made of the constructs whose order matters.
///
/// Each of them catches whatever may go wrong outside, so that each ends with `{from, n, result}`: its own name, the
/// number that it was started with, and what came of it.
enum WorkflowScene: String, CaseIterable {
    /// A person allows a POST, with other arguments perhaps, or forbids it, or is silent.
    case pay
    /// A GET that is tried again, a rest, and two POSTs one after the other.
    case order
    /// A POST, a question, a rest and a GET at the same time, of which the first that ends counts.
    case race
    /// A POST, a question and a GET at the same time, all of which count.
    case gather
    /// Two other workflows at the same time: one pays, one counts.
    case family
    /// Another workflow, a POST and a question, all given up when the time is over.
    case hurry
    /// A loop with rests and expressions, so long that its log goes on in another session.
    case count

    /// What `count` counts up with.
    static let increment = "{n: (.n + 1)}"
    /// Whether `count` goes on.
    static let isSmall = ".n < 9"
    /// Where it stops.
    static let rounds: Int64 = 9
    /// The path of calls that somebody must have allowed.
    static let guardedPath = "/guarded/"

    /// The agent's definition.
    func definition() throws -> AgentDefinition {
        let document: JSONValue = [
            "document": ["dsl": "1.0.3", "namespace": "sim", "name": .string(rawValue), "version": "1.0.0"],
            "do": [
                ["work": tasks],
                ["end": ["set": ["from": .string(rawValue), "n": "${ $workflow.input.n }", "result": "${ . }"]]],
            ],
        ]
        return AgentDefinition(
            name: try AgentName(rawValue), program: .workflow, definition: document, inputSchema: nil, labels: [:])
    }

    private var tasks: JSONValue {
        switch self {
        case .pay: Self.attempt([["ask": Self.permission]])
        case .order:
            [
                "do": [
                    ["look": Self.attempt([["get": Self.call("get", "/quotes/{n}")]], retries: 3)],
                    ["rest": Self.rest(700)],
                    ["first": Self.attempt([["post": Self.call("post", "/orders")]])],
                    ["second": Self.attempt([["post": Self.call("post", "/orders")]], retries: 2)],
                ]
            ]
        case .race:
            Self.attempt([["first": Self.fork(Self.branches + [["rest": Self.rest(1_500)]], isCompeting: true)]])
        case .gather: Self.fork(Self.branches)
        case .family:
            Self.fork([["pays": Self.child(.pay)], ["counts": Self.child(.count)]])
        case .hurry:
            Self.attempt([
                [
                    "limited": [
                        "do": [["all": Self.fork([["pays": Self.child(.pay)]] + Self.branches)]],
                        "timeout": ["after": ["milliseconds": 2_500]],
                    ]
                ]
            ])
        case .count:
            [
                "do": [
                    ["zero": ["set": ["n": 0]]], ["add": ["set": .string("${ \(Self.increment) }")]],
                    ["rest": Self.rest(200)],
                    ["more": ["switch": [["again": ["when": .string(Self.isSmall), "then": "add"]]]]],
                ]
            ]
        }
    }

    private static let branches: [JSONValue] = [
        ["post": attempt([["send": call("post", "/orders")]])],
        ["ask": attempt([["choose": decision]])],
        ["look": attempt([["get": call("get", "/quotes/{n}")]], retries: 1)],
    ]

    /// Tasks whose failure is an output, perhaps after some retries.
    private static func attempt(_ tasks: JSONValue, retries: Int64 = 0) -> JSONValue {
        var clause: JSONObject = ["do": [["failed": ["set": ["error": "${ $error.type }"]]]]]
        if retries > 0 {
            clause["retry"] = [
                "delay": ["milliseconds": 300], "backoff": ["exponential": [:]],
                "limit": ["attempt": ["count": .integer(retries)]],
            ]
        }
        return ["try": tasks, "catch": .object(clause)]
    }

    private static func fork(_ branches: [JSONValue], isCompeting: Bool = false) -> JSONValue {
        ["fork": ["compete": .bool(isCompeting), "branches": .array(branches)]]
    }

    private static func rest(_ milliseconds: Int64) -> JSONValue { ["wait": ["milliseconds": .integer(milliseconds)]] }

    private static func call(_ method: String, _ path: String) -> JSONValue {
        var with: JSONObject = ["method": .string(method), "endpoint": .string("https://service.example\(path)")]
        if method == "post" { with["body"] = ["n": "${ $workflow.input.n }", "of": "${ $workflow.id }"] }
        return ["call": "http", "with": .object(with)]
    }

    /// The arguments of the call that `pay` shows, with what an edit adds to its body.
    static func payment(of number: Int64, in session: SessionID, adding more: JSONObject = [:]) -> JSONValue {
        var body: JSONObject = ["n": .integer(number), "of": .string(session.text)]
        for (name, value) in more { body[name] = value }
        return [
            "method": "POST", "uri": .string("https://service.example\(guardedPath)\(number)"), "body": .object(body),
        ]
    }

    private static let permission: JSONValue = [
        "call": "human",
        "with": [
            "type": "permission", "title": "${ $workflow.input.title }", "allow_edit": true, "expires_in": 20,
            "perform": call("post", guardedPath + "{n}"),
        ],
    ]

    private static let decision: JSONValue = [
        "call": "human",
        "with": [
            "type": "decision", "title": "${ $workflow.input.title }", "options": [["id": "go"], ["id": "stay"]],
        ],
    ]

    private static func child(_ other: WorkflowScene) -> JSONValue {
        let input: JSONValue = ["n": "${ $workflow.input.n }", "title": "${ $workflow.input.title }"]
        let run: JSONValue = [
            "workflow": [
                "namespace": "sim", "name": .string(other.rawValue), "version": "latest", "input": input,
            ]
        ]
        return attempt([["run": ["run": run]]])
    }
}
