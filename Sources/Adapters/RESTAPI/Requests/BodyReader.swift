import HTTPServer
import JSON

/// Whether a route takes a body.
package enum BodyRule: Sendable, Equatable {
    /// None; one that is there all the same is refused.
    case none
    /// One may be left out, which is the same as `{}`.
    case optional
    /// One must be there.
    case required
}

/// Reads the body of a request as JSON.
enum BodyReader {
    /// The body, or an empty object where there is none and there need not be one.
    static func value(
        of request: HTTPRequest, _ rule: BodyRule, _ configuration: RESTConfiguration
    ) throws(Problem) -> JSONValue {
        guard !request.body.isEmpty else {
            guard rule != .required else {
                throw Problem(status: 400, code: "body_required", detail: "this route needs a JSON object as its body")
            }
            return .object(JSONObject())
        }
        guard rule != .none else {
            throw Problem(status: 400, code: "body_not_allowed", detail: "this route takes no body")
        }
        guard isJSON(request.headers.values("Content-Type")) else {
            throw Problem(
                status: 415, code: "unsupported_media_type", detail: "the body must be sent as application/json")
        }
        do {
            return try JSONParser.parse(request.body, limits: configuration.bodyLimits)
        } catch {
            throw Problem(error, limits: configuration.bodyLimits)
        }
    }

    private static func isJSON(_ fields: [String]) -> Bool {
        guard fields.count == 1 else { return false }
        if fields[0] == "application/json" { return true }
        guard let type = fields[0].split(separator: ";").first else { return false }
        return type.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined().lowercased() == "application/json"
    }
}
