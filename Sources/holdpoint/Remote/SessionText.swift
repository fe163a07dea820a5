import JSON

/// Sessions, requests and events as people read them.
enum SessionText {
    /// A table of sessions.
    static func sessions(_ items: [JSONValue]) -> String {
        guard !items.isEmpty else { return "no sessions" }
        return TextTable.of(
            ["SESSION", "AGENT", "STATUS", "SEQ", "OPEN", "UPDATED"],
            items.map { item in
                [
                    text(item["id"]), text(item["agent"]), text(item["status"]), text(item["seq"]),
                    String(item["open_requests"]?.arrayValue?.count ?? 0), text(item["updated_at"]),
                ]
            })
    }

    /// A table of requests.
    static func requests(_ items: [JSONValue]) -> String {
        guard !items.isEmpty else { return "no requests" }
        return TextTable.of(
            ["REQUEST", "TYPE", "STATUS", "SESSION", "EXPIRES", "TITLE"],
            items.map { item in
                [
                    text(item["id"]), text(item["type"]), text(item["status"]), text(item["session"]),
                    text(item["expires_at"]), text(item["title"]),
                ]
            })
    }

    /// One document: a line for each member that says something.
    static func document(_ value: JSONValue) -> String {
        guard let object = value.objectValue else { return value.text }
        let rows = object.compactMap { key, value -> (String, String)? in
            value.isNull || value == [] || value == [:] ? nil : (key, text(value))
        }
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { key, value in
            key + String(repeating: " ", count: width - key.count + 2) + value
        }.joined(separator: "\n")
    }

    /// One event on a line.
    static func event(_ event: JSONValue, withSession: Bool) -> String {
        let number = text(event["seq"])
        let place = withSession ? "\(text(event["session"])) " : ""
        return "\(place)\(number) \(text(event["time"])) \(text(event["type"])) \(text(event["data"]))"
    }

    /// A text as it is, anything else as JSON, nothing as a dash.
    static func text(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null: "-"
        case .string(let text): text
        case let other?: other.text
        }
    }
}
