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

    enum Failure: Error {
        case systemCall(String)
    }

    let port: UInt16
    /// The requests as they came over the wire.
    let requests = Locked<[String]>([])
    /// How many connections have been accepted.
    let connections = Locked(0)

    var url: String { "http://127.0.0.1:\(port)/" }

    init(_ scripts: [Step]...) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else { throw Failure.systemCall("listen") }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread {
            // Nobody waits for ever for a client that does not come, or stays.
            Self.limitWaiting(listener)
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
        Self.limitWaiting(connection)
        for step in script {
            switch step {
            case .read:
                let request = Self.readRequest(connection)
                requests.withLock { $0.append(request) }
            case .send(let text): _ = Self.deliver(text, to: connection)
            case .flood(let text, let count):
                for _ in 0..<count where !Self.deliver(text, to: connection) { break }
            case .waitForClose:
                var byte: UInt8 = 0
                while read(connection, &byte, 1) > 0 {}
            }
        }
        close(connection)
    }

    private static func limitWaiting(_ descriptor: Int32) {
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    private static func deliver(_ text: String, to connection: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func readRequest(_ connection: Int32) -> String {
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !isComplete(request) {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { break }
            request += buffer[..<count]
        }
        return String(decoding: request, as: UTF8.self)
    }

    private static func isComplete(_ request: [UInt8]) -> Bool {
        let text = String(decoding: request, as: UTF8.self)
        guard let head = text.range(of: "\r\n\r\n") else { return false }
        let lines = text[..<head.lowerBound].split(separator: "\r\n")
        let length = lines.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
        return text[head.upperBound...].utf8.count >= length
    }
}
