import Foundation

/// A server for one connection that reads one request and then says exactly what it was told to.
///
/// Its thread shares no memory with the test: the two speak through a pair of sockets.
final class HTTPClientScriptedServer {
    /// What the server does after it has read the request.
    enum Step: Sendable {
        case send(String)
        case sendBytes([UInt8])
        /// Waits until the test calls `goOn()`: what was sent before must have arrived without what follows.
        case waitForTest
    }

    let url: String
    private let control: Int32

    init(_ steps: [Step]) throws {
        let (listener, port) = try LoopbackSocket.listen(backlog: 1)
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
            throw LoopbackSocket.Failure.systemCall("socketpair")
        }
        url = "http://127.0.0.1:\(port)"
        control = ends[0]
        let test = ends[1]
        Thread.detachNewThread { Self.serve(listener, steps: steps, test: test) }
    }

    deinit {
        close(control)
    }

    /// Lets the server pass its next `.waitForTest`.
    func goOn() {
        LoopbackSocket.deliver([1], to: control)
    }

    /// The request as it came over the wire; to be asked for once, when the server has done all its steps.
    func receivedRequest() -> String {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = read(control, &buffer, buffer.count), count > 0 { text += buffer[..<count] }
        return String(decoding: text, as: UTF8.self)
    }

    private static func serve(_ listener: Int32, steps: [Step], test: Int32) {
        LoopbackSocket.limitWaiting(listener)
        let connection = accept(listener, nil, nil)
        close(listener)
        LoopbackSocket.limitWaiting(connection)
        let request = LoopbackSocket.readRequest(connection)
        for step in steps {
            switch step {
            case .send(let text): LoopbackSocket.deliver(Array(text.utf8), to: connection)
            case .sendBytes(let bytes): LoopbackSocket.deliver(bytes, to: connection)
            case .waitForTest:
                var byte: UInt8 = 0
                _ = read(test, &byte, 1)
            }
        }
        close(connection)
        LoopbackSocket.deliver(request, to: test)
        close(test)
    }
}
