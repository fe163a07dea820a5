import JSON

/// Commands for the people who answer.
enum RequestCommands {
    static let list = Command(
        "requests", "List requests to humans, newest first.",
        options: [
            CommandOption("--status", value: "STATUS", "Only pending, answered, expired or cancelled ones."),
            CommandOption("--type", value: "TYPE", "Only clarification, decision, env_var or permission."),
            CommandOption("--session", value: "ID", "Only those of this session."),
            CommandOption("--limit", value: "N", "At most so many. Default: 100."),
        ] + Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample("holdpoint requests --status pending", "what waits for an answer"),
            CommandExample("holdpoint requests --session order-7 -o json", "everything a session asked, with answers"),
        ]
    ) { call in
        let items = try RESTClient(call.settings).list(
            ["requests"],
            query: ["status", "type", "session"].map { ($0, call.value("--\($0)")) },
            limit: try call.number("--limit", in: 1...100_000) ?? 100)
        call.output.result(["items": .array(items)], text: SessionText.requests(items))
        return .success
    }

    static let show = Command(
        "request", "Show one request, and its answer if there is one.",
        operands: [Operand("REQUEST", "The request's id.")],
        options: Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample(
                "holdpoint request req_019ee3b9a4c00123456789abcdef0123456789abcdef", "what is asked, what was said")
        ]
    ) { call in
        let request = try RESTClient(call.settings).call("GET", ["requests", call.operands[0]]).value
        call.output.result(request, text: SessionText.document(request))
        return .success
    }

    static let respond = Command(
        "respond", "Answer a request.",
        details: "The answer is JSON of the form that the request's type asks for; @FILE or - keeps a secret off the "
            + "command line. A permission is answered with --approve or --reject. Exit status 4 means that it did not "
            + "count: somebody else answered (the winner is named), it is over, or it does not fit and still pends.",
        operands: [
            Operand("REQUEST", "The request's id."),
            Operand("JSON", "The answer: JSON, @FILE, or - for standard input.", isOptional: true),
        ],
        options: [
            CommandOption("--approve", "Allow what a permission asks for."),
            CommandOption("--reject", "Refuse it."),
            CommandOption("--feedback", value: "TEXT", "Why: shown to the agent."),
            CommandOption("--comment", value: "TEXT", "Words beside the answer, kept with it."),
            CommandOption("--as", value: "USER", "Answer for this user; the key needs the scope respond_as."),
            CommandOption("--async", "Store the answer and return at once (202)."),
        ] + Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample(
                "holdpoint respond req_019ee3b9a4c00123456789abcdef0123456789abcdef --approve", "allow a call"),
            CommandExample(
                "holdpoint respond req_019ee3b9a4c00123456789abcdef0123456789abcdef --reject --feedback 'too much'",
                "refuse it, and say why"),
            CommandExample(
                "holdpoint respond req_019ee3b9a4c00123456789abcdef0123456789abcdef '{\"answer\":\"blue\"}'",
                "answer a clarification"),
        ]
    ) { call in
        var body = JSONObject()
        body["response"] = try response(call)
        body["comment"] = call.value("--comment").map { .string($0) }
        body["as"] = call.value("--as").map { .string($0) }
        let reply = try RESTClient(call.settings).call(
            "POST", ["requests", call.operands[0], "respond"], body: .object(body),
            prefer: call.has("--async") ? "respond-async" : nil)
        call.output.result(
            reply.value, text: reply.status == 202 ? SessionText.document(reply.value) : "answered")
        return .success
    }

    private static func response(_ call: Invocation) throws(CommandFailure) -> JSONValue {
        let ways = [call.operands.count > 1, call.has("--approve"), call.has("--reject")].count { $0 }
        guard ways == 1 else {
            throw CommandFailure(.usage, "give one of JSON, --approve and --reject")
        }
        if call.operands.count > 1 {
            guard call.value("--feedback") == nil else {
                throw CommandFailure(.usage, "--feedback goes with --approve or --reject")
            }
            return try InputText.json(call.operands[1], "the answer")
        }
        var response = JSONObject()
        response["action"] = call.has("--approve") ? "approve" : "reject"
        response["feedback"] = call.value("--feedback").map { .string($0) }
        return .object(response)
    }
}
