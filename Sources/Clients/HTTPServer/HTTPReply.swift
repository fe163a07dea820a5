/// A complete response.
package struct HTTPResponse: Sendable, Equatable {
    /// The status code, 200 to 599.
    package var status: Int
    /// The header lines; the server adds `Content-Length`, `Date`, `Connection` and a missing `Content-Type`.
    package var headers: HTTPHeaders
    /// The body; not sent in answer to HEAD, nor with 204 and 304.
    package var body: [UInt8]

    /// Makes a response; set `Content-Type` among the headers unless the body is empty.
    package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// What a handler answers with.
package enum HTTPReply: Sendable {
    /// A complete response.
    case response(HTTPResponse)
    /// A `text/event-stream` that stays open; `open` is called once, on the loop, after the head has been sent.
    ///
    /// `open` is not called if the client has left by then, nor in answer to HEAD. It must be short: register the
    /// stream with whoever feeds it, and use `HTTPEventStream.perform` for anything that awaits.
    case eventStream(headers: HTTPHeaders, open: @Sendable (HTTPEventStream) -> Void)
}

/// Work that goes on beside a reply, isolated to the server's loop.
package typealias HTTPWork = @Sendable (_ loop: isolated (any Actor)?) async -> Void

/// Answers one request; called in a task of its own, isolated to the server's loop.
///
/// The isolation is spelled out as a parameter, since a closure without one runs on the pool and changes threads with
/// everything that it calls on the loop.
///
/// The task is not cancelled when the client leaves, so that a commit under way is not torn: use
/// `HTTPExchange.onDisconnect` to learn of it. The late reply is dropped.
package typealias HTTPHandler =
    @Sendable (HTTPRequest, HTTPExchange, _ loop: isolated (any Actor)?) async -> HTTPReply
