import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON
import RESTAPI
import Testing

/// The API in front of a gateway, called without a socket.
struct RESTFixture {
    let gateway: RESTScriptedGateway
    let api: RESTAPI

    /// What came back.
    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let isStream: Bool
        let body: [UInt8]

        /// The body as JSON; null if it is none.
        var json: JSONValue { (try? JSONParser.parse(body)) ?? .null }
        var text: String { String(decoding: body, as: UTF8.self) }
        var code: String? { json["code"]?.stringValue }
        /// The pointers of a problem, in order.
        var pointers: [String] {
            (json["errors"]?.arrayValue ?? []).compactMap { $0["pointer"]?.stringValue }
        }
    }

    init(keys: [String: Caller] = [:], configuration: RESTConfiguration = RESTConfiguration()) throws {
        gateway = try RESTScriptedGateway(keys: keys)
        api = RESTAPI(gateway: gateway, configuration: configuration)
    }

    /// The path of a route of the home project; other paths stay as they are.
    static func path(_ target: String) -> String {
        let isRooted = ["/v1", "/healthz", "/readyz", "/openapi.json"].contains { target.hasPrefix($0) }
        return isRooted ? target : "/v1/projects/default" + target
    }

    /// Calls the API with a key; a body is sent as JSON unless the headers say otherwise.
    func call(
        _ method: HTTPMethod, _ target: String, _ body: String? = nil, headers: HTTPHeaders = [:],
        key: String? = RESTScriptedGateway.fullKey
    ) async -> Answer {
        var all = headers
        if let key { all.add("Authorization", "Bearer \(key)") }
        if body != nil, all["Content-Type"] == nil { all.add("Content-Type", "application/json") }
        let request = HTTPRequest(
            method: method, target: Self.path(target), headers: all, body: Array((body ?? "").utf8))
        let answer =
            switch await api.reply(to: request) {
            case .response(let response):
                Answer(status: response.status, headers: response.headers, isStream: false, body: response.body)
            case .eventStream(let headers, _): Answer(status: 200, headers: headers, isStream: true, body: [])
            }
        for mismatch in RESTDescription.served.mismatches(request, answer) {
            Issue.record("\(method.rawValue) \(target) is not as described: \(mismatch)")
        }
        return answer
    }

    /// A call of every route that is let in by its form: the one whose refusals a test wants to see.
    ///
    /// - Parameter scope: the one that the caller's key has, if it has but one: it may decide for whom the call speaks.
    static func sampleCall(of route: Route, with scope: KeyScope? = nil) -> (target: String, body: String?) {
        let request = RESTSamples.requestID(.permission).description
        let id =
            route.template.contains("/requests/{id}")
            ? request
            : route.template.contains("/commands/{id}")
                ? RESTSamples.commandID.description
                : route.template.contains("/users/{id}")
                    ? "ann"
                    : route.template.contains("/deliveries/{id}") ? RESTSamples.deliveryID.description : "s1"
        let target = route.template.replacing("{project}", with: "default").replacing("{id}", with: id)
            .replacing("{name}", with: "invoice").replacing("{version}", with: "2")
        let isSpoken = scope == .respondAs && route.scopes.count > 1
        if isSpoken, route.body == .optional { return (target, #"{"as":"ann"}"#) }
        guard route.body == .required else { return (target, nil) }
        let body = body(of: route, request: request)
        return (target, isSpoken ? body.replacing(#""response":"#, with: #""as":"ann","response":"#) : body)
    }

    private static func body(of route: Route, request: String) -> String {
        switch route.template.split(separator: "/").last {
        case "{name}" where route.template.contains("/secrets/"): #"{"value":"s3cret"}"#
        case "{name}": #"{"kind":"external"}"#
        case "policy": #"{"policy":{"default":{"level":"L3"}}}"#
        case "evaluate": #"{"call":{"tool":"read"}}"#
        case "{id}": #"{"accreditation":"N2","groups":["billing"]}"#
        case "claim": #"{"as":"ann","for":60}"#
        case "release": #"{"as":"ann"}"#
        case "delegate": #"{"as":"ann","to":"bob"}"#
        case "respond" where route.template.hasSuffix("/requests/respond"):
            #"{"answers":[{"request":"\#(request)","response":{"action":"approve"}}]}"#
        case "webhook": #"{"url":"https://example.org/hook"}"#
        case "sessions": #"{"agent":"invoice","input":{}}"#
        case "messages": #"{"text":"hello"}"#
        case "steps": #"{"name":"a","data":null}"#
        case "requests": RESTSamples.body(.permission).text
        case "complete": #"{"output":1}"#
        case "fail": #"{"error":{"title":"no"}}"#
        case "respond" where route.isOfProject: #"{"response":{"action":"approve"}}"#
        default: #"{"request":"\#(request)","response":{"action":"approve"}}"#
        }
    }
}
