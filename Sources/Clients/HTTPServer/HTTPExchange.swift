import EventLoop
import Synchronization

/// A handler's view of the client that waits for its reply.
package struct HTTPExchange: Sendable {
    let connection: Connection

    /// Whether the client is known to have left; a half-closed connection counts as left.
    package var isDisconnected: Bool { connection.isClosed.load(ordering: .relaxed) }

    /// The loop as the executor to prefer around a wait for a continuation, which would else end on the pool.
    package var continuations: any TaskExecutor { connection.server.continuations }

    /// Runs `action` on the loop, once, if the client leaves before its reply is sent; at once if it has left.
    ///
    /// The action must be short. It never runs after the reply has been given, and the handler is not cancelled.
    package func onDisconnect(_ action: @escaping @Sendable () -> Void) {
        connection.server.loop.run { [connection] in
            switch connection.stage {
            case .pending: connection.disconnectActions.append(action)
            case .closed: connection.server.loop.execute(action)
            case .head, .body, .replying, .streaming, .closing: break
            }
        }
    }
}
