import HoldpointPorts
import JSON

/// What a request may carry beside its body, in the form of OpenAPI.
enum OpenAPIParameters {
    /// The parameters of a route: of its path, its query and its headers.
    static func of(_ route: Route) -> [JSONValue] {
        var parameters = path(of: route)
        parameters += route.description.query.map { parameter($0.name, in: "query", $0.schema) }
        if !route.preferences.isEmpty { parameters.append(preferences(route.preferences)) }
        if route.takesIdempotencyKey { parameters.append(idempotencyKey) }
        if route.isStream {
            parameters.append(
                parameter(
                    "Last-Event-ID", in: "header", .text(minimum: 1),
                    "After which event to go on; it counts for more than `after`."))
        }
        return parameters
    }

    private static func path(of route: Route) -> [JSONValue] {
        var parameters: [JSONValue] = []
        var collection: Substring = ""
        for segment in route.template.split(separator: "/") {
            if segment.first == "{" {
                let name = segment.dropFirst().dropLast()
                parameters.append(parameter(String(name), in: "path", schema(of: name, in: collection), required: true))
            } else {
                collection = segment
            }
        }
        return parameters
    }

    private static func parameter(
        _ name: String, in place: String, _ schema: Schema, _ description: String? = nil, required: Bool = false
    ) -> JSONValue {
        var parameter = JSONObject([("name", .string(name)), ("in", .string(place)), ("required", .bool(required))])
        if let description { parameter["description"] = .string(description) }
        parameter["schema"] = schema.json
        return .object(parameter)
    }

    /// The form of a segment that varies, by its name and by what stands before it.
    private static func schema(of name: Substring, in collection: Substring) -> Schema {
        switch (name, collection) {
        case ("project", _): .text(pattern: "^[a-z0-9-]{1,63}$")
        case ("id", "sessions"): Component.sessionID
        case ("id", "requests"): .text(pattern: "^req_[0-9a-f]{44}$")
        case ("id", "users"): Component.userID
        case ("id", "commands"): .text(pattern: "^cmd_[0-9a-f]{32}$")
        case ("id", "deliveries"): Component.deliveryID
        case ("name", "agents"): Component.agentName
        case ("name", "secrets"): Component.secretName
        default: .text(minimum: 1)
        }
    }

    /// `Prefer` takes any text, since what is not known is ignored, but for a `wait` that is not within its limit.
    private static func preferences(_ preferences: [Preference]) -> JSONValue {
        guard preferences.contains(.wait) else {
            return parameter(
                "Prefer", in: "header", .text(),
                "`respond-async`: store the command, and answer 202 at once (RFC 7240).")
        }
        let maximum = RESTConfiguration().maximumWaitSeconds
        let seconds = (0...maximum).map(String.init).joined(separator: "|")
        return parameter(
            "Prefer", in: "header", .text(pattern: "^(wait=0*(\(seconds))|(?!.*[Ww][Aa][Ii][Tt]).*)$"),
            "`wait=N`: answer when there is news, after N seconds (at most \(maximum)) in any case (RFC 7240).")
    }

    private static let idempotencyKey = parameter(
        "Idempotency-Key", in: "header",
        .text(
            pattern: #"^("([!#-\[\]-~]|\\["\\]){1,\#(IdempotencyKey.maximumLength)}""#
                + #"|[!#-~][!-~]{0,\#(IdempotencyKey.maximumLength - 1)})$"#),
        "The same key with the same body on the same path is done once.")
}
