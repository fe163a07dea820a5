package import JSON

/// A call that the policy kept from an agent and that only people can release: a session of its own.
///
/// It runs a workflow that follows from its input: ask for the release, wait for a veto, make the call.
package struct DeferredAction: Sendable, Equatable {
    /// The session whose call was blocked.
    package let session: SessionID
    /// The number of the event that said so there.
    package let sequence: Int64
    /// The call as the policy knew it.
    package let tool: String
    package let task: String
    package let function: String?

    package init(session: SessionID, sequence: Int64, effect: HTTPCallEffect) {
        self.session = session
        self.sequence = sequence
        tool = effect.tool
        task = effect.task
        function = effect.function
    }

    /// `{session, effect, tool, task, function}`.
    package var json: JSONValue {
        [
            "session": .string(session.text), "effect": .integer(sequence), "tool": .string(tool),
            "task": .string(task), "function": function.map { .string($0) } ?? .null,
        ]
    }

    /// Reads what `json` wrote; nil for anything else.
    package init?(recorded value: JSONValue) {
        guard let session = value["session"]?.stringValue.flatMap({ try? SessionID($0) }),
            let sequence = value["effect"]?.int64Value, let tool = value["tool"]?.stringValue,
            let task = value["task"]?.stringValue
        else { return nil }
        self.session = session
        self.sequence = sequence
        self.tool = tool
        self.task = task
        function = value["function"]?.stringValue
    }
}

extension DeferredAction {
    /// What the session of a blocked call is started with.
    static func input(for effect: HTTPCallEffect, by rule: DeferralRule) -> JSONValue {
        let secrets = effect.secretReferences.compactMap { reference -> JSONValue? in
            if case .project(let name) = reference { .string(name) } else { nil }
        }
        return [
            "title": .string(String("Release \(effect.tool), which no agent may call?".prefix(200))),
            "reasons": .array((effect.verdict?.verdict.reasons ?? []).map { .string($0) }),
            "approvers": rule.approvers.json, "delay": .integer(rule.delaySeconds), "call": effect.arguments,
            "authentication": effect.authentication ?? .null, "secrets": .array(secrets),
            "redirect": .bool(effect.followsRedirects),
        ]
    }

    /// The workflow of a session that was started with that input.
    ///
    /// The call's parts are data that expressions look up: nothing in them is taken for an expression.
    package static func document(for input: JSONValue) -> JSONValue {
        let call = input["call"]?.objectValue ?? JSONObject()
        var endpoint: JSONObject = ["uri": "${ .call.uri }"]
        if let authentication = authentication(input["authentication"]) { endpoint["authentication"] = authentication }
        var with: JSONObject = [
            "method": .string((call["method"]?.stringValue ?? "").lowercased()), "endpoint": .object(endpoint),
            "output": "response", "redirect": input["redirect"] ?? false,
        ]
        for part in ["headers", "query", "body"] where call[part] != nil {
            with[part] = .string("${ .call.\(part) }")
        }
        var document: JSONObject = [
            "document": ["dsl": "1.0.3", "namespace": "holdpoint", "name": "deferred-action", "version": "1.0.0"]
        ]
        if let secrets = input["secrets"]?.arrayValue, !secrets.isEmpty {
            document["use"] = ["secrets": .array(secrets)]
        }
        document["do"] = [
            [
                "release": [
                    "call": "human",
                    "with": [
                        "type": "permission", "title": "${ .title }", "reasons": "${ .reasons }",
                        "approvers": input["approvers"] ?? .null, "expires_in": .null,
                        "veto_within": input["delay"] ?? .null,
                        "perform": ["call": "http", "with": .object(with)],
                    ],
                ]
            ]
        ]
        return .object(document)
    }

    private static func authentication(_ value: JSONValue?) -> JSONValue? {
        guard let value = value?.nonNull, let scheme = value["scheme"]?.stringValue else { return nil }
        if let secret = value["secret"]?.stringValue { return .object([scheme: ["use": .string(secret)]]) }
        if scheme == "basic" {
            return [
                "basic": [
                    "username": "${ .authentication.username }", "password": "${ .authentication.password }",
                ]
            ]
        }
        return ["bearer": ["token": "${ .authentication.token }"]]
    }
}
