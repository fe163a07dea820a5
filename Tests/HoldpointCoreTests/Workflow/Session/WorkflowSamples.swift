import HoldpointCore
import JSON

/// Workflows whose expressions Core evaluates by itself, in sessions.
enum WorkflowSample {
    static func definition(_ tasks: JSONValue, extra: JSONObject = [:]) throws -> WorkflowDefinition {
        var document: JSONObject = [
            "document": ["dsl": "1.0.3", "namespace": "test", "name": "sample", "version": "0.1.0"]
        ]
        for (key, value) in extra { document[key] = value }
        document["do"] = tasks
        return try WorkflowDefinition(.object(document))
    }

    static func start(
        input: JSONValue = ["order": 7], parent: SessionParent? = nil, continues: SessionLineage? = nil,
        place: JSONValue? = nil
    ) throws -> StartSession {
        StartSession(
            id: try SessionID("order-7"), agent: try AgentName("sample"), agentVersion: 1, program: .workflow,
            input: input, labels: ["team": "sales"], onBehalfOf: "user-5", principal: Sample.agent, parent: parent,
            continues: continues, place: place)
    }

    /// A session that has started and gone as far as it can.
    static func session(
        _ tasks: JSONValue, extra: JSONObject = [:], input: JSONValue = ["order": 7], parent: SessionParent? = nil
    ) throws -> LiveSession {
        var session = try LiveSession()
        session.workflow = try definition(tasks, extra: extra)
        try session.accept(try start(input: input, parent: parent))
        return session
    }

    static func parent() throws -> SessionParent {
        SessionParent(
            key: SessionKey(time: Sample.start, random: Identifier128(high: 3, low: 4)),
            session: try SessionID("parent-1"), effect: 5, depth: 1)
    }

    static let post: JSONValue = [
        "pay": [
            "call": "http",
            "with": [
                "method": "post", "endpoint": "https://api.example.com/payments", "body": ["order": "${ .order }"],
            ],
        ]
    ]
    static let get: JSONValue = [
        "look": ["call": "http", "with": ["method": "get", "endpoint": "https://api.example.com/orders"]]
    ]
    static let ask: JSONValue = [
        "ask": [
            "call": "human", "with": ["type": "decision", "title": "How?", "options": [["id": "a"], ["id": "b"]]],
        ]
    ]
    static let child: JSONValue = [
        "other": ["run": ["workflow": ["namespace": "test", "name": "other", "version": "1.0.0", "input": ["a": 1]]]]
    ]
    static let answered: JSONValue = ["statusCode": 200, "headers": [:], "content": ["ok": true]]
    static let problem: JSONValue = [
        "type": "https://serverlessworkflow.io/spec/1.0.0/errors/communication", "status": 500,
        "title": "Communication failed", "detail": "the host is unknown",
    ]
}

/// Every command that the engine gives to workflows.
enum WorkflowCommands {
    static func all() throws -> [any SessionCommand] {
        let child = ChildEffect(task: "/do/0/other", namespace: "test", name: "other", version: "latest", input: [])
        return [
            DispatchCall(call: 3, until: Sample.start),
            FinishCall(call: 3, result: .completed(response: WorkflowSample.answered)),
            FinishCall(call: 3, result: .failed(problem: WorkflowSample.problem)),
            FinishCall(call: 3, result: .notSent(reason: "stopping", retryAt: Sample.start)),
            FinishCall(
                call: 3, result: .unknown(reason: "cut off", retryAt: Sample.start), dispatchedUntil: Sample.start),
            StartChild(
                id: try SessionID("c-1"), child: child, parent: try WorkflowSample.parent(), labels: ["a": "b"],
                onBehalfOf: "user-5"),
            EndChild(child: 3, ending: .completed(nil)), EndChild(child: 3, ending: .failed(WorkflowSample.problem)),
            EndChild(child: 3, ending: .abandoned),
            try WorkflowSample.start(
                parent: try WorkflowSample.parent(),
                continues: SessionLineage(previous: try SessionID("a"), first: try SessionID("b")),
                place: WorkflowPlace().json),
        ]
    }
}

extension LiveSession {
    /// The events of a type, as they are stored.
    func events(_ type: String) throws -> [JSONValue] { try log.filter { $0.type == type }.map { try $0.json() } }

    /// The number of the last event of a type.
    func number(of type: String) -> Int64 { log.last { $0.type == type }?.position.sequence ?? 0 }

    /// An answer to the request that was opened last.
    func answerToLast(_ response: JSONValue) throws -> AnswerRequest {
        guard let open = state.openRequests.last else { throw UnexpectedNeed() }
        return AnswerRequest(
            request: open.request.id, response: response, comment: nil, responder: Responder(key: Sample.alice),
            receivedAt: now,
            fingerprint: "mac", sealedSecrets: [])
    }
}
