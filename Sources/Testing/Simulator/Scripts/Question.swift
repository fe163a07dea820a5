import HoldpointCore
import HoldpointTesting
import JSON

/// A question that a scripted agent puts, and the answers that scripted people give.
struct Question: Sendable {
    /// Unique in the run.
    let title: String
    let type: RequestType
    /// The body that opens the request.
    let body: JSONValue

    /// A question of any type, with or without a deadline and a default.
    init(title: String, chance: SeededEntropy) {
        self.title = title
        type = RequestType.allCases[chance.below(RequestType.allCases.count)]
        var members: [(String, JSONValue)] = [("type", .string(type.rawValue)), ("title", .string(title))]
        if chance.below(2) == 0 {
            members.append(("expires_in", .integer(Int64(1 + chance.below(20)))))
            // Only these two types take a default.
            if type == .clarification, chance.below(2) == 0 { members.append(("default", "blue")) }
            if type == .decision, chance.below(2) == 0 { members.append(("default", "stay")) }
        }
        members += Self.fields(of: type, chance: chance)
        body = .object(JSONObject(members))
    }

    /// How long silence lasts until it ends the request; nil if it never does.
    var expiresInMilliseconds: Int? { body["expires_in"]?.int64Value.map { Int($0) * 1_000 } }

    /// Whether silence ends it.
    var hasDeadline: Bool { body["expires_in"] != nil }

    private static func fields(of type: RequestType, chance: SeededEntropy) -> [(String, JSONValue)] {
        switch type {
        case .clarification: [("allow_custom", true), ("options", [["id": "red"], ["id": "blue"]])]
        case .decision: [("options", [["id": "go"], ["id": "stay"]])]
        case .environment:
            [("tool", "deploy"), ("fields", [["name": "TOKEN"], ["name": "REGION", "secret": false]])]
        case .permission:
            [
                ("tool", "pay"), ("allow_edit", true),
                ("arguments", ["amount": .integer(Int64(chance.below(1_000))), "currency": "EUR"]),
            ]
        }
    }

    /// What one person answers.
    struct Response {
        /// As it is sent.
        let raw: JSONValue
        /// As the log may show it.
        let visible: JSONValue
        let secrets: [(name: String, value: String)]
        let fits: Bool
    }

    /// An answer that mostly fits.
    func response(to request: RequestID, chance: SeededEntropy, mustFit: Bool) -> Response {
        if !mustFit, chance.below(8) == 0 {
            let wrong: JSONValue = ["nonsense": true]
            return Response(raw: wrong, visible: wrong, secrets: [], fits: false)
        }
        if type == .environment {
            let secret = Model.markerText + String(chance.next(), radix: 36)
            func values(_ token: JSONValue) -> JSONValue {
                ["values": ["TOKEN": token, "REGION": "eu"]]
            }
            let handle = SecretHandle(request: request, field: "TOKEN").json
            return Response(
                raw: values(.string(secret)), visible: values(handle), secrets: [("TOKEN", secret)], fits: true)
        }
        let plain = plainResponse(chance)
        return Response(raw: plain, visible: plain, secrets: [], fits: true)
    }

    private func plainResponse(_ chance: SeededEntropy) -> JSONValue {
        switch type {
        case .clarification, .environment: ["answer": .string(["red", "blue", "green"][chance.below(3)])]
        case .decision: ["decision": .string(["go", "stay"][chance.below(2)])]
        case .permission:
            [
                ["action": "approve"], ["action": "reject", "feedback": "no"],
                ["action": "edit", "arguments": ["amount": 1, "currency": "EUR"]],
            ][chance.below(3)]
        }
    }
}
