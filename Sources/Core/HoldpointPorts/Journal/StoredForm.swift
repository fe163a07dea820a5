package import HoldpointCore
package import JSON

/// The JSON text in which every store keeps outcomes, replies, labels and documents.
package enum StoredForm {
    // MARK: Replies

    /// Writes a reply: `{"session": isNew}` or `{"request": id, "new": isNew}`.
    package static func encode(_ reply: CommandReply) -> [UInt8] {
        var writer = JSONWriter(reserving: 64)
        write(reply, into: &writer)
        return writer.bytes
    }

    /// Reads what `encode` wrote; nil for anything else.
    package static func reply(_ bytes: [UInt8]) -> CommandReply? { value(bytes).flatMap { reply($0) } }

    private static func write(_ reply: CommandReply, into writer: inout JSONWriter) {
        writer.beginObject()
        switch reply {
        case .session(let isNew):
            writer.member("session", isNew)
        case .request(let id, let isNew):
            writer.member("request", id.description)
            writer.member("new", isNew)
        }
        writer.endObject()
    }

    private static func reply(_ value: JSONValue) -> CommandReply? {
        if let isNew = value["session"]?.boolValue { return .session(isNew: isNew) }
        guard let id = value["request"]?.stringValue.flatMap({ RequestID($0) }), let isNew = value["new"]?.boolValue
        else { return nil }
        return .request(id, isNew: isNew)
    }

    // MARK: Outcomes

    /// Writes an outcome: `{"applied": reply}`, `{"refused": {code, detail, errors, winner}}` or `{"dead": reason}`.
    package static func encode(_ outcome: StoredOutcome) -> [UInt8] {
        var writer = JSONWriter(reserving: 128)
        writer.beginObject()
        switch outcome {
        case .applied(let reply):
            writer.key("applied")
            write(reply, into: &writer)
        case .refused(let rejection):
            writer.key("refused")
            write(rejection, into: &writer)
        case .dead(let reason):
            writer.member("dead", reason)
        }
        writer.endObject()
        return writer.bytes
    }

    /// Reads what `encode` wrote; nil for anything else.
    package static func outcome(_ bytes: [UInt8]) -> StoredOutcome? {
        guard let value = value(bytes) else { return nil }
        if let applied = value["applied"].flatMap({ reply($0) }) { return .applied(applied) }
        if let refused = value["refused"].flatMap({ rejection($0) }) { return .refused(refused) }
        return value["dead"]?.stringValue.map { .dead($0) }
    }

    private static func write(_ rejection: Rejection, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("code", rejection.code.rawValue)
        writer.member("detail", rejection.detail)
        writer.key("errors")
        writer.beginArray()
        for violation in rejection.violations {
            writer.beginObject()
            writer.member("pointer", violation.pointer.description)
            writer.member("detail", violation.detail)
            writer.endObject()
        }
        writer.endArray()
        if let winner = rejection.winner { writer.member("winner", .some(winner)) }
        writer.endObject()
    }

    private static func rejection(_ value: JSONValue) -> Rejection? {
        guard let code = value["code"]?.stringValue.flatMap({ RejectionCode(rawValue: $0) }),
            let detail = value["detail"]?.stringValue, let errors = value["errors"]?.arrayValue
        else { return nil }
        var violations: [JSONViolation] = []
        for error in errors {
            guard let pointer = error["pointer"]?.stringValue.flatMap({ JSONPointer(parsing: $0) }),
                let detail = error["detail"]?.stringValue
            else { return nil }
            violations.append(JSONViolation(pointer: pointer, detail: detail))
        }
        return Rejection(code, detail, violations: violations, winner: value["winner"])
    }

    // MARK: Plain values

    /// Writes texts by name, the names in order.
    package static func encode(_ labels: [String: String]) -> [UInt8] {
        encode(.object(JSONObject(labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })))
    }

    /// Reads texts by name; nil for anything but an object.
    package static func labels(_ bytes: [UInt8]) -> [String: String]? {
        guard let object = value(bytes)?.objectValue else { return nil }
        var labels: [String: String] = [:]
        for (name, text) in object { labels[name] = text.stringValue }
        return labels
    }

    /// Writes a value.
    package static func encode(_ value: JSONValue) -> [UInt8] { value.serialized() }

    /// Reads a value; nil for what is not JSON.
    package static func value(_ bytes: [UInt8]) -> JSONValue? {
        try? JSONParser.parse(bytes, limits: EventRegistry.recordedLimits)
    }
}
