import HoldpointCore
import JSON

/// Fixed histories in which every type of event and of request occurs; the golden files pin their bytes.
enum GoldenHistory {
    /// Every registered type.
    static let typeNames = EventRegistry.types.map { $0.type.text }

    /// A session that asks all four types of question and is completed.
    static func completed() throws -> LiveSession {
        var session = try LiveSession()
        try session.accept(
            StartSession(
                id: try SessionID("order-7"), agent: try AgentName("biller"), agentVersion: 3, program: .external,
                input: json(#"{"order":7,"total":1800.50,"note":"é \"quoted\""}"#),
                labels: ["team": "sales", "country": "DE"], onBehalfOf: "user-5", principal: Sample.agent))
        session.advance(seconds: 1)
        try session.accept(ReceiveMessage(content: ["text": "please hurry"], principal: Sample.alice))
        try session.accept(RecordStep(name: "read_order", stepData: ["lines": 3], principal: Sample.agent))
        for (number, body) in try questions().enumerated() {
            try session.accept(try Sample.open(UInt64(number + 1), body))
        }
        session.advance(seconds: 2)
        try session.accept(session.answer(1, ["answer": ["home", "The shed"]], comment: "either"))
        try session.accept(
            session.answer(
                4, ["action": "edit", "arguments": ["amount": 1200, "to": "X"], "feedback": "less"], by: Sample.bob))
        try session.accept(
            session.answer(
                3, ["values": ["TOKEN": SecretHandle(request: Sample.request(3), field: "TOKEN").json], "save": true]))
        session.advance(seconds: 60)
        try session.accept(FireDeadlines())
        try session.accept(PauseSession(reason: "audit", principal: Sample.operatorKey))
        try session.accept(ResumeSession(reason: nil, principal: Sample.operatorKey))
        try session.accept(try Sample.open(5, Sample.clarification()))
        try session.accept(WithdrawRequest(request: Sample.request(5), reason: "moot", principal: Sample.agent))
        try session.accept(CompleteSession(output: ["invoice": "R-1"], principal: Sample.agent))
        return session
    }

    /// One that is waiting for a permission.
    static func waiting() throws -> LiveSession {
        var session = try LiveSession.started()
        try session.accept(try Sample.open(1, try questions()[0]))
        try session.accept(session.answer(1, ["answer": "home"]))
        try session.accept(try Sample.open(2, try questions()[3]))
        return session
    }

    static func failed() throws -> LiveSession {
        var session = try LiveSession.started()
        try session.accept(FailSession(error: ["type": "about:blank", "title": "no paper"], principal: Sample.agent))
        return session
    }

    static func cancelled() throws -> LiveSession {
        var session = try LiveSession.started()
        try session.accept(CancelSession(reason: "moot", principal: Sample.alice))
        return session
    }

    /// The entries of all histories.
    static func events() throws -> [LogEntry] {
        try completed().log + failed().log + cancelled().log + workflow().log + continued().log + people().log
            + judged()
    }

    /// One of each type with every field set.
    static func questions() throws -> [JSONValue] {
        [
            json(
                """
                {"type": "clarification", "title": "Which address?", "message": "Two are on file.",
                 "context": {"order": 7, "rate": 0.10}, "question": "Where to?",
                 "options": [{"id": "home", "label": "At home", "description": "Main St 1", "recommended": true},
                             {"id": "work"}], "allow_custom": true, "default": "home", "expires_in": 3600,
                 "response_schema": {"properties": {"answer": {"maxItems": 2}}}}
                """),
            json(
                """
                {"type": "decision", "title": "How?", "decision_type": "shipping", "max_selections": 2,
                 "options": [{"id": "fast", "label": "By air", "risk": "high", "estimated_cost": "40 EUR",
                              "risks": ["noise"], "recommended": false}, {"id": "cheap"}],
                 "default": ["cheap"], "expires_in": 60}
                """),
            json(
                """
                {"type": "env_var", "title": "Keys", "tool": "billing", "allow_save": true,
                 "fields": [{"name": "TOKEN", "label": "API token", "description": "from the portal",
                             "input_type": "api_key", "pattern": "^tok_[a-z]+$"},
                            {"name": "REGION", "secret": false, "required": false, "default": "eu"}]}
                """),
            json(
                """
                {"type": "permission", "title": "Send it?", "tool": "send_invoice",
                 "arguments": {"to": "X", "amount": 1800.50}, "risk": "medium", "reasons": ["over 1500"],
                 "allow_edit": true, "allow_remember": true, "expires_in": 1800}
                """),
        ]
    }
}
