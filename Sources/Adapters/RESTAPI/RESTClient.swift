package import HTTPServer

/// What the API needs to know of the client behind a request.
package struct RESTClient: Sendable {
    /// Runs an action once if the client leaves before its reply is given; at once if it has left.
    let onDisconnect: @Sendable (_ action: @escaping @Sendable () -> Void) -> Void
    /// Runs work that outlasts the reply.
    let perform: @Sendable (_ operation: @escaping HTTPWork) -> Void
    /// Where a task goes on that waited for a continuation; nil leaves it to the pool.
    let continuations: (any TaskExecutor)?

    /// The client of an HTTP server.
    package init(_ exchange: HTTPExchange) {
        onDisconnect = { exchange.onDisconnect($0) }
        perform = { exchange.perform($0) }
        continuations = exchange.continuations
    }

    /// A caller within the process, who never leaves.
    package init() {
        onDisconnect = { _ in }
        perform = { operation in Task { await operation(nil) } }
        continuations = nil
    }
}
