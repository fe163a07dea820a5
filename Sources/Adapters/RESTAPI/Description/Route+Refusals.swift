import JSON

/// Which problem documents a route may answer with.
extension Route {
    /// What every request may be refused with, whatever it asks: by HTTP's rules, or because the server cannot.
    private static let refusalsOfAll = [400, 408, 411, 413, 414, 417, 422, 431, 500, 501, 503, 505]

    /// The statuses of its refusals, in order.
    package var refusals: [Int] {
        var all = Set(Self.refusalsOfAll + description.refusals)
        if !scopes.isEmpty { all.formUnion([401, 403, 429]) }
        if isOfProject { all.insert(404) }
        if body != .none { all.insert(415) }
        // A status has one description: 503 of `readyz` is a document of its own.
        all.subtract(description.replies.map(\.status))
        return all.sorted()
    }

    /// What a status of a refusal says.
    static func meaning(ofRefusal status: Int) -> String {
        switch status {
        case 400: "The request is malformed."
        case 401: "There is no key, or not a valid one."
        case 403: "The key does not allow it."
        case 404: "There is no such thing for this key."
        case 408: "The request did not arrive in time."
        case 409: "The state of the session or request forbids it."
        case 410: "It is over."
        case 411: "A body needs a Content-Length."
        case 413: "It is too large."
        case 414: "The target is too long."
        case 415: "The body must be application/json."
        case 417: "The expectation cannot be met."
        case 422: "The request does not fit; `errors` says where."
        case 429: "The key's quota is used up."
        case 431: "The headers are too large or too many."
        case 500: "Something stored is at fault, or the server is."
        case 501: "The method or transfer encoding is not implemented."
        case 503: "Not now; whether a command was carried out may be unknown."
        default: "The version of HTTP is not supported."
        }
    }

    /// The headers that a refusal carries, beside those that every reply may.
    static func headers(ofRefusal status: Int) -> [ReplyHeader] {
        switch status {
        case 401, 403: [.authenticate]
        case 429, 503: [.retryAfter]
        default: []
        }
    }
}
