package import JSON

/// An event as the audit log has it: who did what, when, through what and about what; large data by its digest.
///
/// Its bytes are canonical JSON (RFC 8785) of an object without null, with `v` (the form, 1), `type`, `time`,
/// `session`, `seq`, `chain` (the session's own chain after the event), `data_digest` (SHA-256 of the event's data) and
/// what `AuditRule` keeps. No value of a secret can be in it: events hold handles only (I9).
package struct AuditEntry: Sendable, Equatable {
    /// The form that this release writes.
    private static let version: Int64 = 1

    /// The members.
    package let members: JSONObject
    /// The same as canonical JSON text.
    package let bytes: [UInt8]

    /// Makes the entry of an event.
    ///
    /// - Parameters:
    ///   - asked: what the request asked that the event is about, if it is about one and that is at hand.
    ///   - signingKey: the id of the key with which a decision is signed.
    package init(of event: AuditedEvent, asked: AuditedOpening?, signingKey: String, hasher: any Hasher) {
        let rule = AuditRule.rule(for: event.type)
        var members = JSONObject([
            ("v", .integer(Self.version)), ("type", .string(event.type.text)),
            ("time", .string(event.time.description)), ("session", .string(event.session.id.text)),
            ("seq", .integer(event.sequence)), ("chain", .string(event.chain.description)),
            ("data_digest", .string(hasher.sha256(event.data).description)),
        ])
        if let data = event.json {
            for member in rule.members { member.add(of: data, to: &members, hasher: hasher) }
            if event.type == RequestOpened.type {
                for member in AuditRule.asked { member.add(of: data, to: &members, hasher: hasher) }
            }
        }
        if let asked {
            members["shown_digest"] = .string(asked.digest.description)
            for (name, value) in asked.members where members[name] == nil { members[name] = value }
        }
        if let result = rule.result, members["request"]?.stringValue.flatMap({ RequestID($0) }) != nil {
            members["result"] = .string(result.rawValue)
            members["signing_key"] = .string(signingKey)
            // Nobody closed it: its time was over.
            if result == .expired { members["by"] = .string(Principal.engine.text) }
        }
        self.members = members
        // Everything in it was seen to have a canonical form.
        bytes = (try? CanonicalJSON.encode(.object(members))) ?? []
    }

    /// Reads an entry that was written; nil for anything else.
    package init?(recorded bytes: [UInt8]) {
        guard bytes.count <= AuditLimits.entryBytes, let value = Self.parse(bytes), let members = value.objectValue,
            (try? CanonicalJSON.encode(value)) == bytes, members["v"]?.int64Value == Self.version,
            members["type"]?.stringValue != nil, members["session"]?.stringValue != nil,
            members["time"]?.stringValue.flatMap({ Timestamp($0) }) != nil, members["seq"]?.int64Value != nil,
            (members["result"] == nil) == (members["signing_key"] == nil)
        else { return nil }
        self.members = members
        self.bytes = bytes
        if isDecision, request == nil { return nil }
    }

    package static func == (left: AuditEntry, right: AuditEntry) -> Bool { left.bytes == right.bytes }

    /// The names of the members that every entry has, and of those that it may have.
    package static let names = (
        required: ["v", "type", "time", "session", "seq", "chain", "data_digest"],
        optional: AuditRule.names + ["shown_digest", "result", "signing_key"]
    )

    /// The type of the event.
    package var type: EventType { EventType(members["type"]?.stringValue ?? "") }

    /// The request that the event is about, if it is about one.
    package var request: RequestID? { members["request"]?.stringValue.flatMap { RequestID($0) } }

    /// Whether it tells what became of a request, so that it is signed.
    package var isDecision: Bool { members["result"] != nil }

    /// The id of the key with which a decision is signed.
    package var signingKey: String? { members["signing_key"]?.stringValue }

    private static func parse(_ bytes: [UInt8]) -> JSONValue? {
        try? JSONParser.parse(bytes, limits: EventRegistry.recordedLimits)
    }
}
