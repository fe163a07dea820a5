import JSON

/// What an audit entry keeps of an event's data, beside what it keeps of every event.
struct AuditRule: Sendable {
    /// One thing that it keeps, from a member of the data or, with two names, of a member's member.
    enum Member: Sendable {
        /// The value itself if it is short, else its digest as `NAME_digest`.
        case copy([String], as: String)
        /// The digest of the value only.
        case digest([String], as: String)
    }

    /// What it keeps, where it is there.
    let members: [Member]
    /// What became of the request, for an event that closes one: such an entry is signed.
    let result: RequestStatus?

    private init(_ members: [Member] = [], result: RequestStatus? = nil) {
        self.members = members + Self.common
        self.result = result
    }

    /// The rule of a type of event; one that has none of its own is kept by digest, with the members of all.
    static func rule(for type: EventType) -> AuditRule { byType[type.text] ?? other }

    /// The names of all that an entry may have of an event's data, in order.
    static var names: [String] {
        let members = byType.values.flatMap(\.members) + asked + common
        let names = members.flatMap { member in
            switch member {
            case .copy(_, let name): [name, name + "_digest"]
            case .digest(_, let name): [name]
            }
        }
        return Set(names).sorted()
    }

    private static let byType: [String: AuditRule] = [
        "session_started": AuditRule([
            .copy(["agent"], as: "agent"), .copy(["version"], as: "agent_version"),
            .copy(["on_behalf_of"], as: "on_behalf_of"), .digest(["input"], as: "input_digest"),
        ]),
        "session_paused": AuditRule([reason]),
        "session_resumed": AuditRule([reason]),
        "session_cancelled": AuditRule([reason]),
        "session_completed": AuditRule([.digest(["output"], as: "output_digest")]),
        "session_failed": AuditRule([
            .copy(["error", "type"], as: "error_type"), .digest(["error"], as: "error_digest"),
        ]),
        "hitl_requested": AuditRule([
            .copy(["id"], as: "request"), .copy(["opened_by"], as: "by"), .copy(["expires_at"], as: "expires_at"),
        ]),
        "hitl_responded": AuditRule(
            [
                .copy(["response", "action"], as: "action"), .copy(["response", "decision"], as: "decision"),
                .copy(["approved_digest"], as: "approved_digest"), .digest(["response"], as: "response_digest"),
                .digest(["comment"], as: "comment_digest"), .copy(["received_at"], as: "received_at"),
                .copy(["approvals"], as: "approvals"),
            ], result: .answered),
        "hitl_voted": AuditRule([
            .copy(["action"], as: "action"), .copy(["digest"], as: "approved_digest"), .copy(["votes"], as: "votes"),
            .copy(["needed"], as: "needed"), .copy(["received_at"], as: "received_at"),
            .digest(["response"], as: "response_digest"), .digest(["comment"], as: "comment_digest"),
        ]),
        "hitl_claimed": AuditRule([.copy(["until"], as: "until")]),
        "hitl_delegated": AuditRule([.copy(["to"], as: "to")]),
        "hitl_reminded": AuditRule([.copy(["number"], as: "number")]),
        "hitl_escalated": AuditRule([.copy(["step"], as: "step"), .digest(["approvers"], as: "approvers_digest")]),
        "hitl_notified": AuditRule(call),
        "hitl_deferred": AuditRule([
            .copy(["session"], as: "deferred_session"), .copy(["tool"], as: "tool"),
            .copy(["arguments_digest"], as: "proposed_digest"),
        ]),
        "hitl_vetoed": AuditRule([
            .copy(["tool"], as: "tool"), .copy(["arguments_digest"], as: "proposed_digest"),
        ]),
        "hitl_expired": AuditRule(
            [
                .copy(["response", "action"], as: "action"), .copy(["response", "decision"], as: "decision"),
                .digest(["response"], as: "response_digest"),
            ], result: .expired),
        "hitl_cancelled": AuditRule([reason], result: .cancelled),
        "tool_completed": AuditRule(call + [.digest(["response"], as: "response_digest")]),
        "tool_failed": AuditRule(
            call + [.copy(["error", "type"], as: "error_type"), .digest(["error"], as: "error_digest")]),
        "tool_blocked": AuditRule(call + [reason]),
    ]

    /// For types that have no rule: what is digested tells that it happened, and nobody's words are copied.
    private static let other = AuditRule()

    private static let reason = Member.digest(["reason"], as: "reason_digest")
    private static let call: [Member] =
        [
            .copy(["call"], as: "call"), .copy(["tool"], as: "tool"),
            .copy(["arguments_digest"], as: "proposed_digest"),
            .copy(["approved_digest"], as: "approved_digest"), .copy(["executed_digest"], as: "executed_digest"),
        ] + judged

    /// Who, through what, and about which request.
    private static let common: [Member] = [
        .copy(["request"], as: "request"), .copy(["by"], as: "by"), .copy(["channel"], as: "channel"),
        .copy(["user"], as: "user"), .copy(["via"], as: "via"),
    ]

    /// By which policy, and what it said.
    static let judged: [Member] = [
        .copy(["policy", "level"], as: "level"), .copy(["risk"], as: "risk"), .copy(["policy", "risk"], as: "risk"),
        .copy(["policy", "version"], as: "policy_version"), .copy(["policy", "rules"], as: "rules"),
    ]

    /// What a request was about: kept with it, and again with what became of it.
    static let asked: [Member] =
        [
            .copy(["type"], as: "request_type"), .copy(["tool"], as: "tool"),
            .copy(["arguments_digest"], as: "proposed_digest"),
        ] + judged
}

extension AuditRule.Member {
    /// Adds what this keeps of some data to an entry.
    func add(of data: JSONValue, to entry: inout JSONObject, hasher: any Hasher) {
        switch self {
        case .copy(let path, let name):
            guard let value = Self.value(at: path, in: data), entry[name] == nil else { return }
            // A number that has no canonical form cannot stand in an entry.
            if let bytes = try? CanonicalJSON.encode(value), bytes.count <= AuditLimits.textBytes {
                entry[name] = value
            } else {
                entry[name + "_digest"] = .string(Self.digest(value, hasher))
            }
        case .digest(let path, let name):
            guard let value = Self.value(at: path, in: data) else { return }
            entry[name] = .string(Self.digest(value, hasher))
        }
    }

    private static func value(at path: [String], in data: JSONValue) -> JSONValue? {
        let value = path.reduce(Optional(data)) { $0?[$1] }
        return value.flatMap { $0.isNull ? Optional.none : $0 }
    }

    /// SHA-256 of the canonical form, or of the text as it stands where there is none.
    private static func digest(_ value: JSONValue, _ hasher: any Hasher) -> String {
        hasher.sha256((try? CanonicalJSON.encode(value)) ?? value.serialized()).description
    }
}
