import JSON

/// Commands about the nodes that share a store.
enum NodeCommands {
    static let list = Command(
        "node list", "List the nodes that share the store: what each owns, and which release it runs.",
        details: "Asks a server, any of them, with the operator's key: HOLDPOINT_OPERATOR_KEY as the servers have it. "
            + "A node whose lease has ended is listed for a while yet; its shards go to the others.",
        options: [Setting.url, .authorities].map { CommandOption($0) },
        examples: [CommandExample("holdpoint node list --url http://127.0.0.1:8081", "what the second node sees")]
    ) { call in
        let page = try RESTClient(call.settings, as: .administrator).call("GET", ["admin", "nodes"]).value
        let items = page["items"]?.arrayValue ?? []
        call.output.result(
            ["items": .array(items)],
            text: TextTable.of(
                ["NODE", "LIVE", "SHARDS", "RELEASE", "FORMATS", "STARTED", "RENEWED"],
                items.map { node in
                    [
                        SessionText.text(node["name"]), node["live"] == true ? "yes" : "no",
                        SessionText.text(node["shards"]), SessionText.text(node["release"]),
                        SessionText.text(node["formats"]), SessionText.text(node["started_at"]),
                        SessionText.text(node["renewed_at"]),
                    ]
                }))
        return .success
    }
}
