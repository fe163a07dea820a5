/// The method of a request.
package enum HTTPMethod: String, Sendable, Equatable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
    /// TRACE; methods that libevent does not know are answered 501 and never arrive.
    case other = "OTHER"
}

/// One complete, checked request.
package struct HTTPRequest: Sendable, Equatable {
    /// What is asked for.
    package let method: HTTPMethod
    /// The request target as it came: path and query, percent-encoded, bytes 0x21-0x7E only.
    package let target: String
    /// The part of the target before the first `?`, still percent-encoded; `*` for `OPTIONS *`.
    package let path: String
    /// The part of the target after the first `?`, still percent-encoded; nil if there is no `?`.
    package let query: String?
    /// The header lines.
    package let headers: HTTPHeaders
    /// The body; empty if there is none.
    package let body: [UInt8]
    /// The numeric address of the peer: the proxy's, if one stands in front.
    package let remoteAddress: String
    /// Whether the client spoke HTTP/1.0.
    package let isHTTP10: Bool

    /// Makes a request, for handlers that are tested without a socket.
    ///
    /// - Parameters:
    ///   - method: What is asked for.
    ///   - target: Path and query, percent-encoded.
    ///   - headers: The header lines.
    ///   - body: The body.
    ///   - remoteAddress: The numeric address of the peer.
    ///   - isHTTP10: Whether the client spoke HTTP/1.0.
    package init(
        method: HTTPMethod, target: String, headers: HTTPHeaders = [:], body: [UInt8] = [],
        remoteAddress: String = "127.0.0.1", isHTTP10: Bool = false
    ) {
        self.method = method
        self.target = target
        if let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) {
            path = String(target[..<mark])
            query = String(target[target.utf8.index(after: mark)...])
        } else {
            path = target
            query = nil
        }
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
        self.isHTTP10 = isHTTP10
    }

    /// The segments between the slashes of the path, each decoded by itself; nil if one is malformed.
    ///
    /// `/a%2Fb/c` gives `["a/b", "c"]`, `/` gives `[]`, and a trailing slash gives an empty last segment. Nil if a
    /// percent sign is not followed by two hexadecimal digits, if it stands for NUL, or if the bytes are not UTF-8.
    package func percentDecodedPathSegments() -> [String]? {
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        var rest = path.utf8.dropFirst()
        if rest.isEmpty { return [] }
        var segments: [String] = []
        segments.reserveCapacity(8)
        while true {
            let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            guard let decoded = Self.decode(rest[..<end], plusIsSpace: false) else { return nil }
            segments.append(decoded)
            if end == rest.endIndex { return segments }
            rest = rest[rest.index(after: end)...]
        }
    }

    /// The `name=value` pairs of the query in order, decoded, with `+` as a space; nil if one is malformed.
    ///
    /// A name without `=` has the empty value, an empty piece between two `&` is left out.
    package func queryItems() -> [(String, String)]? {
        guard let query else { return [] }
        var items: [(String, String)] = []
        for piece in query.utf8.split(separator: UInt8(ascii: "&")) {
            let mark = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
            guard let name = Self.decode(piece[..<mark], plusIsSpace: true),
                let value = Self.decode(piece[mark...].dropFirst(), plusIsSpace: true)
            else { return nil }
            items.append((name, value))
        }
        return items
    }

    private static func decode(_ bytes: Substring.UTF8View, plusIsSpace: Bool) -> String? {
        guard bytes.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(Substring(bytes))
        }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(hexadecimal), let low = rest.next().flatMap(hexadecimal),
                    high << 4 | low != 0
                else { return nil }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: decoded.append(0x20)
            default: decoded.append(byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
