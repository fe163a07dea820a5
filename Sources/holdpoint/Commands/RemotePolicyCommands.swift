import HoldpointCore
import JSON

/// Commands about the policy that a project's calls are judged by.
enum RemotePolicyCommands {
    static let put = Command(
        "policy put", "Put a policy in force: from now on every call of the project is judged by it.",
        details: "The file is YAML or JSON. What does not fit is named with its place, and the policy in force stays. "
            + "A document that says the same as the one in force changes nothing.",
        operands: [Operand("FILE", "The policy, or - for standard input.")],
        options: Setting.client.map { CommandOption($0) },
        examples: [CommandExample("holdpoint policy put policy.yaml", "put the policy of a file in force")]
    ) { call in
        let document = try PolicyCommands.document(call.operands[0])
        let reply = try RESTClient(call.settings).call(
            "PUT", ["policy"], body: .object(JSONObject([("policy", document)])))
        call.output.result(
            reply.value, text: "version \(SessionText.text(reply.value["version"])) of the policy is in force")
        return .success
    }

    static let get = Command(
        "policy get", "Show the policy in force, or a version of before.",
        options: [CommandOption("--version", value: "N", "That version.")] + Setting.client.map { CommandOption($0) },
        examples: [CommandExample("holdpoint policy get --version 3", "show what was in force once")]
    ) { call in
        let path = call.value("--version").map { ["policy", "versions", $0] } ?? ["policy"]
        let reply = try RESTClient(call.settings).call("GET", path)
        let document = reply.value["policy"] ?? .null
        call.output.result(reply.value, text: String(decoding: document.serialized(), as: UTF8.self))
        return .success
    }

    static let versions = Command(
        "policy versions", "List the versions of the policy: who put each, and when.",
        options: [CommandOption("--limit", value: "N", "At most so many; 50 unless told.")]
            + Setting.client.map { CommandOption($0) },
        examples: [CommandExample("holdpoint policy versions", "who changed the policy")]
    ) { call in
        let limit = try call.number("--limit", in: 1...1_000) ?? 50
        let items = try RESTClient(call.settings).list(["policy", "versions"], query: [], limit: limit)
        let rows = items.map { item in
            ["version", "created_by", "created_at"].map { SessionText.text(item[$0]) }
        }
        call.output.result(
            ["items": .array(items)],
            text: rows.isEmpty ? "no policy" : TextTable.of(["VERSION", "BY", "AT"], rows))
        return .success
    }

    static let evaluate = Command(
        "policy evaluate", "Ask the server what would become of a call now: nothing is called or counted.",
        details: "Unlike policy test, it knows what the calls before have added to counters.",
        operands: [Operand("CALL", "The call as JSON, or @FILE, as in policy test.")],
        options: [CommandOption("--policy", value: "FILE", "Try this policy in the place of the one in force.")]
            + Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample(
                #"holdpoint policy evaluate '{"tool": "refund", "arguments": {"amount": 20}}' --policy next.yaml"#,
                "try a policy before it is put in force")
        ]
    ) { call in
        var body: JSONObject = ["call": try InputText.json(call.operands[0], "CALL")]
        if let path = call.value("--policy") { body["policy"] = try PolicyCommands.document(path) }
        let reply = try RESTClient(call.settings).call("POST", ["policy", "evaluate"], body: .object(body))
        call.output.result(reply.value, text: PolicyCommands.text(of: reply.value))
        return .success
    }
}
