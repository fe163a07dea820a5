import CCurl

/// A small blocking HTTP client for the command line, on libcurl.
///
/// Only `http` and `https` are spoken, redirects are not followed, and a loopback server is never asked through a
/// proxy of the environment (a key would leave the machine). Each call is one connection: the commands that use it
/// make few. It knows nothing of what it carries.
package enum HTTPClient {
    /// Sends a request and waits for the whole response.
    ///
    /// Blocks the calling thread for at most `request.timeout`. A response of any status is a success here.
    package static func perform(_ request: Request) throws(HTTPClientError) -> Response {
        let handle = try CurlHandle(request)
        let collector = ResponseCollector(maximumBodyBytes: request.maximumResponseBytes)
        try handle.setTotalTimeout(request.timeout)
        try handle.run(into: collector)
        return try collector.response()
    }

    /// What the receiver of a stream's events says after each of them.
    package enum StreamDecision: Sendable {
        case goOn
        case stop
    }

    /// How an event stream came to its end.
    package enum StreamEnd: Sendable, Equatable {
        /// The server closed it in good order: nothing more will come.
        case finished
        /// The receiver asked for the end.
        case stopped
        /// The server answered with something that is no event stream: a problem document, or 204 when nothing is left.
        case answered(Response)
    }

    /// Opens a server-sent event stream and hands over each event as it arrives.
    ///
    /// Blocks the calling thread until the stream ends. It has no time limit in all, but more than
    /// `request.timeout` without a byte (a heartbeat counts) ends it with ``HTTPClientError/timedOut``; libcurl judges
    /// that over its last six seconds, so it may take so much longer. A stream that breaks off throws
    /// ``HTTPClientError/transferFailed(_:)``; resume it with `Last-Event-ID`.
    package static func stream(
        _ request: Request,
        onEvent receive: @escaping (ServerSentEvent) -> StreamDecision
    ) throws(HTTPClientError) -> StreamEnd {
        let handle = try CurlHandle(request)
        let collector = StreamCollector(maximumBodyBytes: request.maximumResponseBytes, receive: receive)
        try handle.setSilenceTimeout(request.timeout)
        try handle.run(into: collector)
        if collector.isStopped { return .stopped }
        return collector.isEventStream ? .finished : .answered(try collector.response())
    }
}
