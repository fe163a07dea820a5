/// A header line that replies of the API may carry, beside those of HTTP itself.
package enum ReplyHeader: String, Sendable, CaseIterable {
    case location = "Location"
    case idempotencyReplayed = "Idempotency-Replayed"
    case preferenceApplied = "Preference-Applied"
    case rateLimit = "RateLimit"
    case rateLimitPolicy = "RateLimit-Policy"
    case requestID = "X-Request-Id"
    case retryAfter = "Retry-After"
    case authenticate = "WWW-Authenticate"

    /// What it says.
    var description: String {
        switch self {
        case .location: "Where to find what was made or stored."
        case .idempotencyReplayed: "`true`: the key was used before, and nothing new was done."
        case .preferenceApplied: "The preference that was heeded (RFC 7240)."
        case .rateLimit: "What is left of the key's quota, and in how many seconds there is more."
        case .rateLimitPolicy: "The key's quota and the seconds in which it fills."
        case .requestID: "The id under which the server's log knows the request."
        case .retryAfter: "After how many seconds to try again."
        case .authenticate: "How to authenticate (RFC 6750)."
        }
    }
}

/// One status that a route answers with when all is well, and what comes with it.
package struct ReplyForm: Sendable, Equatable {
    /// The status code.
    package let status: Int
    /// One sentence for people.
    let description: String
    /// The media type and form of the body; nil if there is none.
    let content: (type: String, schema: Schema)?
    /// The media type of another form of the same that a caller may choose, which is text; nil if there is none.
    let alternative: String?
    /// Headers that it may carry, beside those that every reply may.
    let headers: [ReplyHeader]

    private init(
        _ status: Int, _ description: String, _ content: (type: String, schema: Schema)?,
        alternative: String? = nil, headers: [ReplyHeader] = []
    ) {
        self.status = status
        self.description = description
        self.content = content
        self.alternative = alternative
        self.headers = headers
    }

    /// 200 with a document.
    static func ok(_ component: Component, headers: [ReplyHeader] = []) -> ReplyForm {
        ok(.reference(component), headers: headers)
    }

    /// 200 with a document that has no name.
    static func ok(_ schema: Schema, headers: [ReplyHeader] = []) -> ReplyForm {
        ReplyForm(200, "As asked.", ("application/json", schema), headers: headers)
    }

    /// 200 with a page, or its items as JSON Lines.
    static func lines(_ component: Component) -> ReplyForm {
        ReplyForm(
            200, "As asked; with `Accept: application/jsonl` each item on a line.",
            ("application/json", .reference(component)), alternative: "application/jsonl")
    }

    /// 204 for what is done and has nothing to show.
    static let done = ReplyForm(204, "Done.", nil)

    /// 201 with what was made.
    static func created(_ component: Component) -> ReplyForm {
        ReplyForm(201, "Made.", ("application/json", .reference(component)))
    }

    /// 200 with a document for which the caller may have chosen to wait.
    static func waited(_ component: Component) -> ReplyForm { ok(component, headers: [.preferenceApplied]) }

    /// What a command may be answered with: applied, applied with something made, or stored.
    static func command(_ component: Component) -> [ReplyForm] {
        let content = ("application/json", Schema.reference(component))
        return [
            ReplyForm(200, "Applied.", content, headers: [.idempotencyReplayed]),
            ReplyForm(201, "Applied, and something was made.", content, headers: [.location, .idempotencyReplayed]),
            ReplyForm(
                202, "Stored; its outcome will be where Location says.",
                ("application/json", .reference(.command)), headers: [.location, .preferenceApplied]),
        ]
    }

    /// An event stream, or nothing if there is nothing more to come.
    static let stream = [
        ReplyForm(
            200, "Server-sent events, as they happen; the data of each is an Event.", ("text/event-stream", .text())),
        ReplyForm(204, "Everything was seen before: there is nothing to stream.", nil),
    ]

    /// 503 while commands are not taken.
    static let unready = ReplyForm(
        503, "Commands are not taken now.", ("application/json", .reference(.readiness)), headers: [.retryAfter])

    package static func == (left: Self, right: Self) -> Bool {
        left.status == right.status && left.description == right.description && left.headers == right.headers
            && left.alternative == right.alternative && left.content?.type == right.content?.type
            && left.content?.schema == right.content?.schema
    }
}
