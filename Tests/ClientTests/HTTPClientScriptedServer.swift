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

    enum Failure: Error {
        case systemCall(String)
    }

    let url: String
    private let control: Int32

    init(_ steps: [Step]) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else { throw Failure.systemCall("listen") }
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
            throw Failure.systemCall("socketpair")
        }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        control = ends[0]
        let test = ends[1]
        Thread.detachNewThread { Self.serve(listener, steps: steps, test: test) }
    }

    deinit {
        close(control)
    }

    /// Lets the server pass its next `.waitForTest`.
    func goOn() {
        Self.sendAll(control, [1])
    }

    /// The request as it came over the wire; to be asked for once, when the server has done all its steps.
    func receivedRequest() -> String {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = read(control, &buffer, buffer.count), count > 0 { text += buffer[..<count] }
        return String(decoding: text, as: UTF8.self)
    }

    private static func serve(_ listener: Int32, steps: [Step], test: Int32) {
        // Nobody waits for ever for a client that does not come, or leaves.
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let connection = accept(listener, nil, nil)
        close(listener)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let request = readRequest(connection)
        for step in steps {
            switch step {
            case .send(let text): sendAll(connection, Array(text.utf8))
            case .sendBytes(let bytes): sendAll(connection, bytes)
            case .waitForTest:
                var byte: UInt8 = 0
                _ = read(test, &byte, 1)
            }
        }
        close(connection)
        sendAll(test, request)
        close(test)
    }

    private static func sendAll(_ connection: Int32, _ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func readRequest(_ connection: Int32) -> [UInt8] {
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !isComplete(request) {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { break }
            request += buffer[..<count]
        }
        return request
    }

    private static func isComplete(_ request: [UInt8]) -> Bool {
        let text = String(decoding: request, as: UTF8.self)
        guard let head = text.range(of: "\r\n\r\n") else { return false }
        let lines = text[..<head.lowerBound].split(separator: "\r\n")
        let length = lines.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
        return text[head.upperBound...].utf8.count >= length
    }
}
