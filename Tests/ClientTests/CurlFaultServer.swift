import EventLoop
import Foundation

/// A server that plays a script on each connection, the first on the first, and remembers the requests that it read.
final class CurlFaultServer: Sendable {
    /// What the server does on a connection; at the end of its script it closes.
    enum Step: Sendable {
        /// Reads one request, head and body.
        case read
        case send(String)
        /// Sends the text so many times, or until the client has left.
        case flood(String, count: Int)
        /// Waits until the client has closed.
        case waitForClose
    }

    let port: UInt16
    /// The requests as they came over the wire.
    let requests = Locked<[String]>([])
    /// How many connections have been accepted.
    let connections = Locked(0)

    var url: String { "http://127.0.0.1:\(port)/" }

    init(_ scripts: [Step]...) throws {
        let (listener, port) = try LoopbackSocket.listen(backlog: 8)
        self.port = port
        Thread.detachNewThread {
            LoopbackSocket.limitWaiting(listener)
            for script in scripts {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                self.connections.withLock { $0 += 1 }
                Thread.detachNewThread { self.play(script, on: connection) }
            }
            close(listener)
        }
    }

    private func play(_ script: [Step], on connection: Int32) {
        LoopbackSocket.limitWaiting(connection)
        for step in script {
            switch step {
            case .read:
                let request = String(decoding: LoopbackSocket.readRequest(connection), as: UTF8.self)
                requests.withLock { $0.append(request) }
            case .send(let text): LoopbackSocket.deliver(Array(text.utf8), to: connection)
            case .flood(let text, let count):
                for _ in 0..<count where !LoopbackSocket.deliver(Array(text.utf8), to: connection) { break }
            case .waitForClose:
                var byte: UInt8 = 0
                while read(connection, &byte, 1) > 0 {}
            }
        }
        close(connection)
    }
}
