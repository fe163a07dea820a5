package import HTTPServer
package import HoldpointPorts
import JSON

/// One route: everything about it that can be said without calling it.
package struct Route: Sendable {
    /// What answers whoever comes, isolated to the server's loop.
    typealias OpenHandling = @Sendable (Edge, isolated (any Actor)?) async -> HTTPReply
    /// What answers the holder of a key, isolated to the server's loop.
    typealias Handling = @Sendable (Call, isolated (any Actor)?) async throws -> HTTPReply
    /// What answers an administrator, isolated to the server's loop.
    typealias AdminHandling = @Sendable (AdminCall, isolated (any Actor)?) async throws -> HTTPReply

    /// How it is answered.
    enum Handler: Sendable {
        /// Anyone may call it, without a key.
        case anyone(OpenHandling)
        /// The holder of a key that has one of `scopes` may call it.
        case keyHolder(Handling)
        /// The operator may call it, and the holder of a tenant's key that has one of `scopes`.
        case administrator(AdminHandling)
    }

    /// The method; a `GET` that is no stream answers `HEAD` too.
    package let method: HTTPMethod
    /// The path, with `{name}` for a segment that varies.
    package let template: String
    /// The scopes of which a key needs one; empty if no key is needed.
    package let scopes: [KeyScope]
    /// Whether it takes a body.
    package let body: BodyRule
    /// The names of the query parameters that it knows.
    package let query: [String]
    /// The preferences that it honours.
    package let preferences: [Preference]
    /// Whether an `Idempotency-Key` is heeded; otherwise it is ignored.
    package let takesIdempotencyKey: Bool
    /// Whether it answers with an event stream.
    package let isStream: Bool
    /// What is said of it besides.
    let description: RouteDescription
    /// One line for people.
    package var summary: String { description.summary }
    let handler: Handler
    /// Under which member of the body the gateway's pointers are; nil for the whole body.
    let violationBase: JSONPointer?

    /// Whether the path names a project; it is the first parameter then.
    package let isOfProject: Bool
    /// The names of the path's parameters, in order.
    let parameterNames: [Substring]

    init(
        _ method: HTTPMethod, _ template: String, _ scopes: [KeyScope], _ summary: String, body: BodyRule = .none,
        form: Component? = nil, query: [QueryParameter] = [], preferences: [Preference] = [],
        takesIdempotencyKey: Bool = false, isStream: Bool = false, violationBase: JSONPointer? = nil,
        replies: [ReplyForm], refusals: [Int] = [], _ handle: @escaping Handling
    ) {
        self.method = method
        self.template = template
        self.scopes = scopes
        description = RouteDescription(summary, body: form, query: query, replies: replies, refusals: refusals)
        self.body = body
        self.query = query.map(\.name)
        self.preferences = preferences
        self.takesIdempotencyKey = takesIdempotencyKey
        self.isStream = isStream
        self.violationBase = violationBase
        handler = .keyHolder(handle)
        isOfProject = template.hasPrefix(Self.projectPrefix)
        parameterNames = Self.parameterNames(of: template)
    }

    /// A route about tenants, projects or keys.
    init(
        administration method: HTTPMethod, _ template: String, _ summary: String, body: BodyRule = .none,
        form: Component? = nil, query: [QueryParameter] = [], replies: [ReplyForm], refusals: [Int] = [],
        _ handle: @escaping AdminHandling
    ) {
        self.method = method
        self.template = template
        scopes = [.operate]
        description = RouteDescription(
            summary, body: form, query: query, replies: replies,
            refusals: refusals + (template.contains("{") ? [404] : []))
        self.body = body
        self.query = query.map(\.name)
        preferences = []
        takesIdempotencyKey = false
        isStream = false
        violationBase = nil
        handler = .administrator(handle)
        isOfProject = false
        parameterNames = Self.parameterNames(of: template)
    }

    /// Whether it is about tenants, projects or keys.
    package var isAdministrative: Bool { if case .administrator = handler { true } else { false } }

    /// A route that needs no key.
    init(open template: String, _ summary: String, replies: [ReplyForm], _ handle: @escaping OpenHandling) {
        method = .get
        self.template = template
        scopes = []
        description = RouteDescription(summary, replies: replies)
        body = .none
        query = []
        preferences = []
        takesIdempotencyKey = false
        isStream = false
        violationBase = nil
        handler = .anyone(handle)
        isOfProject = false
        parameterNames = Self.parameterNames(of: template)
    }

    private static func parameterNames(of template: String) -> [Substring] {
        template.split(separator: "/").filter { $0.first == "{" }.map { $0.dropFirst().dropLast() }
    }

    /// The path of every route that names its project.
    static let projectPrefix = "/v1/projects/{project}"

    /// The member of a body that holds an answer.
    static let responseBase = JSONPointer.root.appending("response")

    /// Every route, in the order of the documentation.
    package static let all: [Route] =
        AgentRoutes.all + SecretRoutes.all + PolicyRoutes.all + UserRoutes.all + WebhookRoutes.all + SessionRoutes.all
        + SessionCommandRoutes.all + RequestRoutes.all + RequestActRoutes.all + AnswersRoutes.all + AuditRoutes.all
        + StreamRoutes.all + CommandRoutes.all + AdminRoutes.all + OperationRoutes.all
}
