import HoldpointCore
import JSON
import Testing

/// What a human may make of a call that a permission guards.
@Suite struct GuardedEditTests {
    /// A session that waits for a permission to make a call that carries secrets.
    private func waiting(authentication: JSONValue? = nil, headers: JSONValue = [:]) throws -> LiveSession {
        var call: JSONObject = [
            "method": "post", "endpoint": "https://api.example.com/payments", "headers": headers, "body": ["eur": 1],
        ]
        if let authentication {
            call["endpoint"] = ["uri": "https://api.example.com/payments", "authentication": authentication]
        }
        return try WorkflowSample.session(
            [
                [
                    "ok": [
                        "call": "human",
                        "with": [
                            "type": "permission", "title": "Pay?", "allow_edit": true,
                            "perform": ["call": "http", "with": .object(call)],
                        ],
                    ]
                ]
            ], extra: ["use": ["secrets": ["token", "other"]]])
    }

    /// The shown arguments with other members.
    private func edit(_ session: LiveSession, _ changes: JSONObject) throws -> AnswerRequest {
        let shown = try #require(try session.events("hitl_requested").first?["arguments"])
        return try session.answerToLast([
            "action": "edit", "arguments": Sample.merge(shown, .object(changes)),
        ])
    }

    private static let token: JSONValue = ["secret": "use/token"]
    private static let bearer: JSONValue = ["bearer": ["use": "token"]]

    @Test func `I9: an edit names no secret that was not shown in that place`() throws {
        let session = try waiting(headers: ["x-key": "${ $secrets.token }"])
        for changes: JSONObject in [
            ["body": ["copy": Self.token]], ["query": ["q": Self.token]],
            ["headers": ["x-key": ["secret": "use/other"]]], ["headers": ["x-key": Self.token, "x-two": Self.token]],
        ] {
            let refusal = session.refusal(of: try edit(session, changes))
            #expect(refusal?.code == .invalidAnswer, "\(changes)")
            #expect(refusal?.violations.first?.pointer.description.hasPrefix("/arguments/") == true)
        }
        #expect(session.refusal(of: try edit(session, ["body": ["eur": 2]])) == nil)
    }

    @Test(arguments: [
        "https://evil.example/payments", "http://api.example.com/payments", "https://api.example.com:8443/",
    ])
    func `I9: an edit takes a call's credentials to no other place`(uri: String) throws {
        for session in [
            try waiting(authentication: Self.bearer), try waiting(headers: ["x-key": "${ $secrets.token }"]),
        ] {
            let refusal = session.refusal(of: try edit(session, ["uri": .string(uri)]))
            #expect(refusal?.violations.pointers == ["/arguments/uri"])
            #expect(session.refusal(of: try edit(session, ["uri": "https://api.example.com/other"])) == nil)
        }
        #expect(try waiting().refusal(of: try edit(try waiting(), ["uri": .string(uri)])) == nil)
    }

    @Test func `an edit that cannot be sent is refused, and the request stays pending`() throws {
        var session = try waiting()
        for changes: JSONObject in [["method": "brew"], ["uri": "no place"], ["surprise": 1], ["headers": ["a": [1]]]] {
            #expect(session.refusal(of: try edit(session, changes))?.code == .invalidAnswer, "\(changes)")
        }
        try session.accept(try edit(session, ["body": ["eur": 2]]))
        #expect(try session.events("tool_proposed").first?["arguments"]?["body"] == ["eur": 2])
    }
}
