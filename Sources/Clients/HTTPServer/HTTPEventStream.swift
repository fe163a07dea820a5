import EventLoop
import Synchronization

/// One open event stream: a small token that may be kept, sent from any thread and outlive its client.
package struct HTTPEventStream: Sendable, Hashable, Identifiable {
    let connection: Connection

    /// A number that no other stream of this server ever has.
    package var id: UInt64 { connection.number }

    /// Whether the client was still there when last looked at.
    package var isOpen: Bool { !connection.isClosed.load(ordering: .relaxed) }

    package static func == (left: HTTPEventStream, right: HTTPEventStream) -> Bool {
        left.connection === right.connection
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(id) }

    /// Queues a frame for this client; cheap, and without effect once the stream is closed.
    ///
    /// Frames arrive in the order of the calls. To send one frame to many clients use `HTTPServer.send(_:to:)`.
    package func send(_ frame: SharedBytes) {
        connection.server.queue(.frame(frame, connection))
    }

    /// Ends the stream after what has been sent so far: the client sees a complete response.
    package func close() {
        connection.server.queue(.close(connection))
    }

    /// Runs `action` on the loop, exactly once, when the stream has ended, whoever ended it and why.
    ///
    /// It runs at once if the stream has ended already. It must be short.
    package func onClose(_ action: @escaping @Sendable () -> Void) {
        let loop = connection.server.loop
        loop.run { [connection] in
            if let stream = connection.stream, connection.stage == .streaming {
                stream.closeActions.append(action)
            } else {
                loop.execute(action)
            }
        }
    }

    /// Waits until all that was sent before has been handed to the kernel; false if the stream has ended.
    ///
    /// For readers that catch up: send a page, wait, read the next page.
    package func drained() async -> Bool {
        await withCheckedContinuation { continuation in
            connection.server.queue(.drained(connection, continuation))
        }
    }

    /// Runs `operation` in a task on the server's loop, for catching up: send pages, `drained()`, until up to date.
    ///
    /// The task is not cancelled when the client leaves: `drained()` then returns false, and the operation must end.
    package func perform(
        _ operation: @escaping @Sendable (HTTPEventStream, _ loop: isolated (any Actor)?) async -> Void
    ) {
        connection.server.isolation.start { loop in await operation(self, loop) }
    }
}
