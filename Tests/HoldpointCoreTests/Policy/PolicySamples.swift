import HoldpointCore
import JSON
import Testing

/// Sessions of a project that has a policy.
enum PolicySample {
    static func inForce(_ document: JSONValue, version: Int64 = 1) throws -> PolicyKnowledge.Standing {
        .inForce(PolicyInForce(version: version, policy: try Policy(reading: document)))
    }

    /// A workflow that pays, in the function `charge`, and tells by its output what went wrong.
    static func paying(
        _ policy: JSONValue, input: JSONValue = ["amount": 1_800, "client": "acme"],
        counters: TestCounters = TestCounters(), method: String = "post"
    ) throws -> LiveSession {
        var session = try LiveSession()
        session.policy = try inForce(policy)
        session.counters = counters
        session.workflow = try WorkflowSample.definition(
            [
                [
                    "t": [
                        "try": [["pay": ["call": "charge"]]],
                        "catch": ["as": "error", "do": [["told": ["set": ["error": "${ $error }"]]]]],
                    ]
                ]
            ],
            extra: [
                "use": [
                    "functions": [
                        "charge": [
                            "call": "http",
                            "with": [
                                "method": .string(method), "endpoint": "https://pay.example.com/charges",
                                "body": ["amount": "${ .amount }", "client": "${ .client }"],
                            ],
                        ]
                    ]
                ]
            ])
        try session.accept(try WorkflowSample.start(input: input))
        return session
    }

    /// The session in which people release the call that was blocked in another one.
    static func releasing(_ blocked: LiveSession, _ policy: JSONValue = level("L4")) throws -> LiveSession {
        let start = try #require(blocked.outgoing.lazy.compactMap { $0.command as? StartSession }.first)
        var session = try LiveSession()
        session.policy = try inForce(policy)
        session.workflow = try WorkflowDefinition(DeferredAction.document(for: start.input))
        try session.accept(
            StartSession(
                id: session.state.identity.id, agent: start.agent, agentVersion: start.agentVersion,
                program: start.program, input: start.input, labels: start.labels, onBehalfOf: start.onBehalfOf,
                principal: start.principal, deferred: start.deferred))
        return session
    }

    static func person(_ accreditation: Accreditation, _ user: String = "ann") throws -> Person {
        Person(user: try UserID(user), accreditation: accreditation)
    }

    static func level(_ level: String, _ more: JSONObject = [:]) -> JSONValue {
        var policy: JSONObject = ["tools": [["tool": "charge", "level": .string(level)]]]
        for (key, value) in more { policy[key] = value }
        return .object(policy)
    }

    /// The invoice case: over 1,500, or the first of a client.
    static let invoices = level(
        "L0",
        [
            "rules": [
                [
                    "name": "large", "tools": ["charge"], "when": ["argument": "/body/amount", "gt": 1_500],
                    "level": "L3",
                ],
                [
                    "name": "new-client", "tools": ["charge"], "when": ["first_seen": ["argument": "/body/client"]],
                    "level": "L3",
                ],
            ]
        ])

    static func refund(_ amount: Int, client: String = "acme") -> JSONValue {
        ["amount": .integer(Int64(amount)), "client": .string(client)]
    }
}

extension LiveSession {
    var types: [String] { log.map(\.type).filter { $0 != "workflow_advanced" && $0 != "session_started" } }

    /// The error that the workflow caught, if it did.
    var caught: JSONValue? {
        if case .completed(let output)? = state.ending { output["error"] } else { nil }
    }

    /// The call that is open.
    var openCall: OpenCall? { state.workflow?.calls.first }

    /// An answer of a user to the request that was opened last.
    func answerToLast(
        _ response: JSONValue, as accreditation: Accreditation, _ user: String = "ann"
    ) throws -> AnswerRequest {
        let request = try #require(state.openRequests.last?.request.id)
        return AnswerRequest(
            request: request, response: response, comment: nil,
            responder: Responder(key: Sample.alice, person: try PolicySample.person(accreditation, user)),
            receivedAt: now, fingerprint: "\(user) \(response.text)", sealedSecrets: [])
    }

    /// The last edit of the shown arguments' body.
    func edit(_ body: JSONValue) throws -> AnswerRequest {
        let shown = try #require(try events("hitl_requested").last?["arguments"])
        return try answerToLast(["action": "edit", "arguments": Sample.merge(shown, ["body": body])])
    }
}
