import HoldpointCore
import JSON

/// Commands about a project's users.
enum UserCommands {
    static let put = Command(
        "user put", "Put a user who may answer requests, in the place of one that has the id.",
        details:
            "JSON holds {\"name\", \"accreditation\", \"groups\", \"addresses\", \"active\"}, each of which may be "
            + "left out; the options set single members of it. What neither says is as for a new user: N0, no groups, "
            + "no addresses, active. A user who is replaced keeps nothing of what they were.",
        operands: [
            Operand("ID", "The user's id: \(UserID.form)."),
            Operand("JSON", "What they are: JSON, @FILE, or - for standard input.", isOptional: true),
        ],
        options: [
            CommandOption("--name", value: "TEXT", "What people call them."),
            CommandOption("--accreditation", value: "LEVEL", "N0, N1, N2, N3 or N4."),
            CommandOption("--groups", value: "NAMES", "Their groups, with commas in between."),
            CommandOption("--inactive", "They may not act."),
        ] + Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample(
                "holdpoint user put ann@example.org --accreditation N2 --groups billing,finance",
                "put or replace a user"),
            CommandExample("holdpoint user put ann@example.org @ann.json", "put what a file says"),
        ]
    ) { call in
        let id = try id(call)
        var body = JSONObject()
        if call.operands.count > 1 {
            guard let object = try InputText.json(call.operands[1], "JSON").objectValue else {
                throw CommandFailure(.usage, "JSON must be an object")
            }
            body = object
        }
        if let name = call.value("--name") { body["name"] = .string(name) }
        if let level = call.value("--accreditation") { body["accreditation"] = .string(level) }
        if let groups = call.value("--groups") {
            body["groups"] = .array(groups.split(separator: ",").map { .string(String($0)) })
        }
        if call.has("--inactive") { body["active"] = false }
        let reply = try RESTClient(call.settings).call("PUT", ["users", id.text], body: .object(body))
        call.output.result(reply.value, text: "user \(id) is put")
        return .success
    }

    static let get = Command(
        "user get", "Show a user.", operands: [Operand("ID", "The user's id.")],
        options: Setting.client.map { CommandOption($0) },
        examples: [CommandExample("holdpoint user get ann@example.org", "who they are, and where they can be told")]
    ) { call in
        let user = try RESTClient(call.settings).call("GET", ["users", try id(call).text]).value
        call.output.result(user, text: SessionText.document(user))
        return .success
    }

    static let list = Command(
        "user list", "List the project's users.",
        options: Setting.client.map { CommandOption($0) },
        examples: [CommandExample("holdpoint user list", "who may answer, and how far they are trusted")]
    ) { call in
        let items = try RESTClient(call.settings).list(["users"], query: [], limit: PeopleLimits.usersPerProject)
        let rows = items.map { user in
            [
                SessionText.text(user["id"]), SessionText.text(user["accreditation"]),
                (user["groups"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ","),
                user["active"]?.boolValue == false ? "no" : "yes", SessionText.text(user["name"]),
            ]
        }
        call.output.result(
            ["items": .array(items)],
            text: rows.isEmpty
                ? "no users" : TextTable.of(["USER", "ACCREDITATION", "GROUPS", "ACTIVE", "NAME"], rows))
        return .success
    }

    static let delete = Command(
        "user delete", "Delete a user: they answer nothing any more.",
        operands: [Operand("ID", "The user's id.")],
        options: Setting.client.map { CommandOption($0) },
        examples: [CommandExample("holdpoint user delete ann@example.org", "delete them")]
    ) { call in
        let id = try id(call)
        _ = try RESTClient(call.settings).call("DELETE", ["users", id.text])
        call.output.result(["id": .string(id.text)], text: "user \(id) is deleted")
        return .success
    }

    private static func id(_ call: Invocation) throws(CommandFailure) -> UserID {
        do {
            return try UserID(call.operands[0])
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }
}
