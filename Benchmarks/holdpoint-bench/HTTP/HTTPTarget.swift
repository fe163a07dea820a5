/// The project of a server that a benchmark calls over HTTP.
struct HTTPTarget {
    let port: UInt16
    let key: String

    /// A request below the project's path.
    func request(_ method: String, _ path: String, _ body: String = "") -> [UInt8] {
        var head = "\(method) /v1/projects/default\(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        head += "Authorization: Bearer \(key)\r\n"
        if !body.isEmpty {
            head += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
        }
        return Array((head + "\r\n" + body).utf8)
    }

    /// Takes the body of a reply from what a connection has received; nil until it is whole.
    ///
    /// - Throws: if the request was refused.
    static func reply(from socket: Socket) throws -> [UInt8]? {
        guard let end = socket.received.place(of: "\r\n\r\n") else { return nil }
        guard let length = socket.received.text(after: "\r\nContent-Length: ", upTo: "\r\n").flatMap({ Int($0) }) else {
            throw BenchmarkFailure("a reply has no length")
        }
        guard socket.received.count >= end + 4 + length else { return nil }
        let body = Array(socket.received[end + 4..<end + 4 + length])
        guard socket.received.text(0..<11) == "HTTP/1.1 20" else {
            throw BenchmarkFailure("refused: \(body.text(0..<body.count))")
        }
        socket.consume(end + 4 + length)
        return body
    }
}
