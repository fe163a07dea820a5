package import HTTPServer
package import HoldpointPorts
import JSON

/// One route: everything about it that can be said without calling it.
package struct Route: Sendable {
    /// What answers whoever comes, isolated to the server's loop.
    typealias OpenHandling = @Sendable (Edge, isolated (any Actor)?) async -> HTTPReply
    /// What answers the holder of a key, isolated to the server's loop.
    typealias Handling = @Sendable (Call, isolated (any Actor)?) async throws -> HTTPReply

    /// How it is answered.
    enum Handler: Sendable {
        /// Anyone may call it, without a key.
        case anyone(OpenHandling)
        /// The holder of a key that has one of `scopes` may call it.
        case keyHolder(Handling)
    }

    /// The method; a `GET` that is no stream answers `HEAD` too.
    package let method: HTTPMethod
    /// The path, with `{name}` for a segment that varies.
    package let template: String
    /// The scopes of which a key needs one; empty if no key is needed.
    package let scopes: [KeyScope]
    /// Whether it takes a body.
    package let body: BodyRule
    /// The query parameters that it knows.
    package let query: [String]
    /// The preferences that it honours.
    package let preferences: [Preference]
    /// Whether an `Idempotency-Key` is heeded; otherwise it is ignored.
    package let takesIdempotencyKey: Bool
    /// Whether it answers with an event stream.
    package let isStream: Bool
    /// One line for people.
    package let summary: String
    let handler: Handler
    /// Under which member of the body the gateway's pointers are; nil for the whole body.
    let violationBase: JSONPointer?

    /// Whether the path names a project; it is the first parameter then.
    package let isOfProject: Bool
    /// The names of the path's parameters, in order.
    let parameterNames: [Substring]

    init(
        _ method: HTTPMethod, _ template: String, _ scopes: [KeyScope], _ summary: String, body: BodyRule = .none,
        query: [String] = [], preferences: [Preference] = [], takesIdempotencyKey: Bool = false,
        isStream: Bool = false, violationBase: JSONPointer? = nil,
        _ handle: @escaping Handling
    ) {
        self.init(
            method, template, scopes, summary, body: body, query: query, preferences: preferences,
            takesIdempotencyKey: takesIdempotencyKey, isStream: isStream, violationBase: violationBase,
            handler: .keyHolder(handle))
    }

    /// A route that needs no key.
    init(open template: String, _ summary: String, _ handle: @escaping OpenHandling) {
        self.init(
            .get, template, [], summary, body: .none, query: [], preferences: [], takesIdempotencyKey: false,
            isStream: false, violationBase: nil, handler: .anyone(handle))
    }

    private init(
        _ method: HTTPMethod, _ template: String, _ scopes: [KeyScope], _ summary: String, body: BodyRule,
        query: [String], preferences: [Preference], takesIdempotencyKey: Bool, isStream: Bool,
        violationBase: JSONPointer?, handler: Handler
    ) {
        self.method = method
        self.template = template
        self.scopes = scopes
        self.summary = summary
        self.body = body
        self.query = query
        self.preferences = preferences
        self.takesIdempotencyKey = takesIdempotencyKey
        self.isStream = isStream
        self.violationBase = violationBase
        self.handler = handler
        isOfProject = template.hasPrefix(Self.projectPrefix)
        parameterNames = template.split(separator: "/").filter { $0.first == "{" }.map { $0.dropFirst().dropLast() }
    }

    /// The path of every route that names its project.
    static let projectPrefix = "/v1/projects/{project}"

    /// The member of a body that holds an answer.
    static let responseBase = JSONPointer.root.appending("response")

    /// Every route, in the order of the documentation.
    package static let all: [Route] =
        AgentRoutes.all + SessionRoutes.all + SessionCommandRoutes.all + RequestRoutes.all + StreamRoutes.all
        + CommandRoutes.all + OperationRoutes.all
}
