package import JSON

/// The parts of a call as a workflow or a tool gives them, before they are put together and checked.
package struct HTTPCallDraft: Sendable, Hashable {
    /// What is asked for.
    package var method: HTTPCall.Method
    /// The place; it may have a query of its own.
    package var endpoint: URITemplate
    /// The values of the template's variables.
    package var variables: JSONObject
    /// Added to the endpoint's query.
    package var query: JSONObject
    /// Text, numbers and booleans; null leaves a header out.
    package var headers: JSONObject
    /// Nil sends none; its form follows from the header `Content-Type`.
    package var body: JSONValue?
    /// Nil sends none.
    package var authentication: HTTPAuthentication?
    /// Says that a second performance does no more than the first, of a method where that is not so by itself.
    package var isMarkedIdempotent: Bool
    /// Whether an answer that points elsewhere is followed.
    package var followsRedirects: Bool
    /// What the answer may cost.
    package var limits: HTTPCall.Limits

    package init(
        method: HTTPCall.Method, endpoint: URITemplate, variables: JSONObject = [:], query: JSONObject = [:],
        headers: JSONObject = [:], body: JSONValue? = nil, authentication: HTTPAuthentication? = nil,
        isMarkedIdempotent: Bool = false, followsRedirects: Bool = true, limits: HTTPCall.Limits = HTTPCall.Limits()
    ) {
        self.method = method
        self.endpoint = endpoint
        self.variables = variables
        self.query = query
        self.headers = headers
        self.body = body
        self.authentication = authentication
        self.isMarkedIdempotent = isMarkedIdempotent
        self.followsRedirects = followsRedirects
        self.limits = limits
    }

    /// Puts the call together; throws `InvalidHTTPCall`.
    ///
    /// - Parameter idempotencyKey: `tenant:project:session:seq`, the same for every attempt.
    package func call(idempotencyKey: String) throws(InvalidHTTPCall) -> HTTPCall {
        let url = try self.url()
        var headers = try self.headersOfDocument()
        var bytes: [UInt8]?
        if let body {
            let contentType = headers.first { $0.isNamed("Content-Type") }?.value
            let content = try HTTPBody(body, contentType: contentType)
            if contentType == nil { headers.append(try HTTPCall.Header("Content-Type", content.contentType)) }
            bytes = content.bytes
        }
        if let authentication {
            guard !headers.contains(where: { $0.isNamed("Authorization") }) else {
                throw InvalidHTTPCall(detail: "there are both an authentication and a header 'Authorization'")
            }
            headers.append(try authentication.header())
        }
        return try HTTPCall(
            method: method, url: url, headers: headers, body: bytes, idempotencyKey: idempotencyKey,
            isMarkedIdempotent: isMarkedIdempotent, followsRedirects: followsRedirects, limits: limits)
    }

    private func url() throws(InvalidHTTPCall) -> WebURL {
        let text: String
        do {
            text = try endpoint.expanded(with: variables)
        } catch {
            throw InvalidHTTPCall(detail: error.description)
        }
        let added = try HTTPQuery.text(of: query)
        do {
            return try WebURL(text).adding(query: added)
        } catch {
            throw InvalidHTTPCall(detail: error.description)
        }
    }

    private func headersOfDocument() throws(InvalidHTTPCall) -> [HTTPCall.Header] {
        guard headers.count <= HTTPCall.Header.maximumCount else {
            throw InvalidHTTPCall(detail: "there are more than \(HTTPCall.Header.maximumCount) headers")
        }
        var result: [HTTPCall.Header] = []
        for (name, value) in headers where !value.isNull {
            guard let text = value.scalarText else {
                throw InvalidHTTPCall(detail: "the header '\(name)' is neither text, number nor boolean")
            }
            guard !result.contains(where: { $0.isNamed(name) }) else {
                throw InvalidHTTPCall(detail: "the header '\(name)' is there twice")
            }
            result.append(try HTTPCall.Header(name, text))
        }
        return result
    }
}

extension WebURL {
    /// The same place with more in its query; throws `InvalidWebURL` if it gets too long.
    fileprivate func adding(query more: String) throws(InvalidWebURL) -> WebURL {
        guard !more.isEmpty else { return self }
        let joined = [query ?? "", more].filter { !$0.isEmpty }.joined(separator: "&")
        let url = WebURL(isSecure: isSecure, host: host, port: port, path: path, query: joined)
        guard url.text.utf8.count <= Self.maximumBytes else {
            throw InvalidWebURL(detail: "is longer than \(Self.maximumBytes) bytes")
        }
        return url
    }
}
