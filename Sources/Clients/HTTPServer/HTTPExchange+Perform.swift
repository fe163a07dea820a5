import EventLoop

extension HTTPExchange {
    /// Runs `operation` in a task of its own on the server's loop, for work that outlasts the reply.
    ///
    /// The task is not cancelled when the client leaves.
    package func perform(_ operation: @escaping HTTPWork) {
        connection.server.isolation.start(operation)
    }
}
