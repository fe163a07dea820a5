import Glibc

/// A blocking socket that sends and receives exactly the bytes that a test says; every wait ends after ten seconds.
final class RawClient {
    /// What went wrong with the socket itself.
    struct Failure: Error {
        let call: String
        let code: Int32
    }

    /// One response as it came.
    struct Response: Equatable {
        var status: Int
        var headers: [String]
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        func header(_ name: String) -> String? {
            headers.first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
                .map { String($0.dropFirst(name.count + 1).drop { $0 == " " }) }
        }
    }

    let descriptor: Int32
    /// The program that the bytes go through, if there is one.
    var relay: ChildProcess?
    private var received: [UInt8] = []
    private var isAtEnd = false

    /// A client on a socket that is connected already.
    init(owning descriptor: Int32) {
        self.descriptor = descriptor
        limitWaits()
    }

    /// A socket that is not connected yet.
    init(receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        limitWaits()
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    private func limitWaits() {
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    convenience init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        try self.init(receiveBuffer: receiveBuffer)
        try connect(port: port)
    }

    func connect(port: UInt16) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(call: "connect", code: errno) }
    }

    deinit { Glibc.close(descriptor) }

    /// Sends all bytes; false if the peer has closed or takes nothing more for ten seconds.
    @discardableResult
    func send(_ bytes: some Collection<UInt8>) -> Bool {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(text.utf8) }

    /// Sends a short text on a descriptor that belongs to another client.
    static func send(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Sends what the kernel takes at once; 0 if it takes nothing.
    func sendOnce(_ bytes: [UInt8]) -> Int {
        max(0, Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)))
    }

    /// Whether something (the end included) can be read within this time.
    func isReadable(withinMilliseconds limit: Int32) -> Bool {
        if !received.isEmpty || isAtEnd { return true }
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, limit) > 0
    }

    /// Whether the kernel takes something more within this time.
    func isWritable(withinMilliseconds limit: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, limit) > 0
    }

    /// Tells the peer that nothing more will be sent.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Everything up to and including `mark`; nil if the connection ends or ten seconds pass before it comes.
    func read(through mark: String) -> [UInt8]? {
        let mark = Array(mark.utf8)
        var searched = 0
        while true {
            if let end = Self.find(mark, in: received, from: max(0, searched - mark.count)) {
                defer { received.removeFirst(end) }
                return Array(received[..<end])
            }
            searched = received.count
            guard receive() else { return nil }
        }
    }

    /// Exactly this many bytes; nil if the connection ends before they have come.
    func read(count: Int) -> [UInt8]? {
        while received.count < count {
            guard receive() else { return nil }
        }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    /// Everything until the peer closes or resets; nil if it does not within ten seconds.
    func readToEnd() -> [UInt8]? {
        while receive() {}
        guard isAtEnd else { return nil }
        defer { received = [] }
        return received
    }

    /// The next response, with the body that its Content-Length announces.
    func readResponse(hasBody: Bool = true) -> Response? {
        guard let head = read(through: "\r\n\r\n") else { return nil }
        var lines = String(decoding: head, as: UTF8.self).components("\r\n").filter { !$0.isEmpty }
        guard !lines.isEmpty else { return nil }
        let parts = lines.removeFirst().components(" ")
        guard parts.count >= 2, parts[0] == "HTTP/1.1" || parts[0] == "HTTP/1.0", let status = Int(parts[1]) else {
            return nil
        }
        var response = Response(status: status, headers: lines, body: [])
        if hasBody, let length = response.header("Content-Length").flatMap({ Int($0) }) {
            guard let body = read(count: length) else { return nil }
            response.body = body
        }
        return response
    }

    private func receive() -> Bool {
        if isAtEnd { return false }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 {
            received += buffer[..<count]
            return true
        }
        isAtEnd = count == 0 || errno == ECONNRESET
        return false
    }

    private static func find(_ mark: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= mark.count else { return nil }
        for offset in start...max(start, bytes.count - mark.count)
        where offset + mark.count <= bytes.count && bytes[offset..<offset + mark.count].elementsEqual(mark) {
            return offset + mark.count
        }
        return nil
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
