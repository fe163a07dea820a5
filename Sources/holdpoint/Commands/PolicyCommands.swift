import HoldpointCore
import HoldpointPorts
import JSON
import YAMLDocuments

/// Commands about policies that need no server: whether one can be read, and what it says of a call.
enum PolicyCommands {
    static let check = Command(
        "policy check", "Say whether a file is a policy, and what is wrong with it.",
        details: "The file is YAML or JSON. Everything that does not fit is named with its place. docs/policy.md says "
            + "what a policy holds.",
        operands: [Operand("FILE", "The policy, or - for standard input.")],
        examples: [CommandExample("holdpoint policy check policy.yaml", "look for mistakes before it is put in force")]
    ) { call in
        let policy = try policy(call.operands[0])
        let counts: JSONValue = [
            "tools": .integer(Int64(policy.toolCount)), "rules": .integer(Int64(policy.ruleCount)),
        ]
        call.output.result(counts, text: "sound: entries under tools: \(policy.toolCount), rules: \(policy.ruleCount)")
        return .success
    }

    static let test = Command(
        "policy test", "Say what a policy makes of a tool call: which rules, which level, and why.",
        details: "Nothing is called and no server is asked. Rules about earlier calls see those of --history, and none "
            + "without it.",
        operands: [
            Operand("FILE", "The policy, or - for standard input."),
            Operand(
                "CALL",
                "The call as JSON, or @FILE: {tool, arguments, task, function, host, server, agent, on_behalf_of, "
                    + "labels, confidence, annotations, time}; only tool is required."),
        ],
        options: [
            CommandOption("--history", value: "FILE", "Earlier calls as JSON: [{call, pending}], the oldest first.")
        ],
        examples: [
            CommandExample(
                #"holdpoint policy test policy.yaml '{"tool": "send_invoice", "arguments": {"amount": 2500}}'"#,
                "would this invoice wait for a person?")
        ]
    ) { call in
        let now = SystemClock().now()
        let policy = try policy(call.operands[0])
        let judged = try InputText.json(call.operands[1], "CALL")
        let history = try call.value("--history").map { path throws(CommandFailure) in
            try InputText.json("@\(path)", "the history")
        }
        do {
            let subject = try PolicyCall(reading: judged, now: now)
            let earlier = try history.map { value throws(InvalidPolicyInput) in
                try PolicyHistory(reading: value, under: policy, now: now)
            }
            let facts = (earlier ?? PolicyHistory()).facts(about: subject, under: policy)
            let verdict = policy.verdict(on: subject, facts: facts)
            call.output.result(verdict.json, text: text(of: verdict))
            return .success
        } catch {
            throw CommandFailure(.usage, "the call or the history does not fit:\n\(error)")
        }
    }

    private static func policy(_ path: String) throws(CommandFailure) -> Policy {
        let value = try document(path)
        do {
            return try Policy(reading: value)
        } catch {
            throw CommandFailure(.usage, "\(path) is no policy:\n\(error)")
        }
    }

    /// The document that a file holds, JSON or YAML.
    static func document(_ path: String) throws(CommandFailure) -> JSONValue {
        let bytes = try InputText.file(path)
        guard bytes.count <= PolicyLimits.documentBytes else {
            throw CommandFailure(.usage, "\(path) is longer than \(PolicyLimits.documentBytes) bytes")
        }
        guard let document = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.usage, "\(path) is not text in UTF-8")
        }
        do {
            return try YAMLDocuments().document(document)
        } catch {
            throw CommandFailure(.usage, "\(path) is neither YAML nor JSON: \(error)")
        }
    }

    private static func text(of verdict: PolicyVerdict) -> String { text(of: verdict.json) }

    /// What a policy said of a call, in the form of `PolicyVerdict.json`, in words.
    static func text(of verdict: JSONValue) -> String {
        let fate =
            switch verdict["outcome"]?.stringValue.flatMap({ PolicyVerdict.Outcome(rawValue: $0) }) {
            case .run: "runs"
            case .notify: "runs, and people are told"
            case .ask: "waits for a human (confirmation: \(SessionText.text(verdict["confirmation"])))"
            case .block: "is blocked for agents"
            case nil: "is judged in a way that this release does not know"
            }
        let reasons = texts(verdict["reasons"]).map { "\n  because \($0)" }.joined()
        let names = texts(verdict["rules"])
        let rules = names.isEmpty ? "" : "\n  by the rules \(names.joined(separator: ", "))"
        let level = SessionText.text(verdict["level"])
        return "\(level), risk \(SessionText.text(verdict["risk"])): \(fate)\(reasons)\(rules)"
    }

    private static func texts(_ list: JSONValue?) -> [String] { (list?.arrayValue ?? []).compactMap(\.stringValue) }
}
