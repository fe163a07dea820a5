import HTTPClient
import JSON

/// Commands that start sessions and look at them.
enum SessionCommands {
    static let start = Command(
        "start", "Start a session of an agent.",
        details: "With --id a repeated start finds the session that is there. With --wait the command returns when the "
            + "session is no longer running: it waits for a person, or has ended.",
        operands: [Operand("AGENT", "The agent's name.")],
        options: [
            CommandOption("--id", value: "ID", "The session's id; made by the server if it is left out."),
            CommandOption("--input", value: "JSON", "The input: JSON, @FILE, or - for standard input. Default: null."),
            CommandOption("--label", value: "NAME=VALUE", "A label; may be repeated.", repeats: true),
            CommandOption("--on-behalf-of", value: "USER", "The user for whom the agent acts."),
            CommandOption("--wait", value: "SECONDS", "Wait so long until it is no longer running."),
        ] + Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample(
                "holdpoint start invoice --id order-7 --input '{\"amount_eur\":\"1700\"}'", "start one by id"),
            CommandExample(
                "holdpoint start invoice --input @order.json --wait 30", "start and wait for its first pause"),
        ]
    ) { call in
        try startSession(call)
    }

    static let list = Command(
        "sessions", "List sessions, newest first.",
        options: [
            CommandOption(
                "--status", value: "STATUS",
                "Only running, waiting, paused, completed, failed, cancelled or quarantined ones."),
            CommandOption("--agent", value: "NAME", "Only sessions of this agent."),
            CommandOption("--limit", value: "N", "At most so many. Default: 100."),
        ] + Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample("holdpoint sessions --status waiting", "what waits for a person"),
            CommandExample("holdpoint sessions -o json | jq -r .items[].id", "the ids alone"),
        ]
    ) { call in
        let items = try RESTClient(call.settings).list(
            ["sessions"], query: [("status", call.value("--status")), ("agent", call.value("--agent"))],
            limit: try call.number("--limit", in: 1...100_000) ?? 100)
        call.output.result(["items": .array(items)], text: SessionText.sessions(items))
        return .success
    }

    static let show = Command(
        "session", "Show one session as it stands.",
        operands: [Operand("SESSION", "The session's id.")],
        options: [CommandOption("--wait", value: "SECONDS", "Wait so long until it is no longer running.")]
            + Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample("holdpoint session order-7", "its status, its open requests, its output"),
            CommandExample("holdpoint session order-7 --wait 60 -o json", "wait for its next pause or its end"),
        ]
    ) { call in
        let client = try RESTClient(call.settings)
        guard let seconds = try call.number("--wait", in: 0...86_400) else {
            let session = try client.call("GET", ["sessions", call.operands[0]]).value
            call.output.result(session, text: SessionText.document(session))
            return .success
        }
        return try wait(for: call.operands[0], seconds, client, call.output)
    }

    private static func startSession(_ call: Invocation) throws -> ExitCode {
        var body = JSONObject()
        body["agent"] = .string(call.operands[0])
        body["input"] = try call.value("--input").map { try InputText.json($0, "--input") } ?? .null
        body["id"] = call.value("--id").map { .string($0) }
        body["on_behalf_of"] = call.value("--on-behalf-of").map { .string($0) }
        var labels = JSONObject()
        for label in call.all("--label") {
            guard let mark = label.firstIndex(of: "="), mark != label.startIndex else {
                throw CommandFailure(.usage, "--label: '\(label)' is not NAME=VALUE")
            }
            labels[String(label[..<mark])] = .string(String(label[label.index(after: mark)...]))
        }
        if !labels.isEmpty { body["labels"] = .object(labels) }
        let seconds = try call.number("--wait", in: 0...86_400)
        let client = try RESTClient(call.settings)
        let reply = try client.call("POST", ["sessions"], body: .object(body))
        if let seconds, reply.status != 202, let id = reply.value["id"]?.stringValue {
            return try wait(for: id, seconds, client, call.output)
        }
        call.output.result(reply.value, text: SessionText.document(reply.value))
        return .success
    }

    /// Waits in turns of at most a minute, which is the longest that the server allows.
    private static func wait(
        for id: String, _ seconds: Int, _ client: RESTClient, _ output: Output
    ) throws -> ExitCode {
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            let left = max(0, (end - .now).components.seconds)
            let session = try client.call("GET", ["sessions", id], prefer: "wait=\(min(60, left))").value
            let isRunning = session["status"] == "running"
            guard isRunning, left > 0 else {
                output.result(session, text: SessionText.document(session))
                return isRunning ? .timedOut : .success
            }
        }
    }
}
