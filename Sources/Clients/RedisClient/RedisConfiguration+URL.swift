/// Why a text is not the URL of a server; it repeats nothing of the text.
package enum RedisURLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `rediss://`: the connection would have to be encrypted.
    case encryption
    /// Neither `redis://` nor `unix://`.
    case scheme
    /// This part cannot be read.
    case malformed(part: String)

    /// One sentence for a message to an operator.
    package var description: String {
        switch self {
        case .encryption:
            "rediss:// is not supported: let a tunnel that ends on this machine bring the encryption, "
                + "and give its address with redis://, or a socket with unix://"
        case .scheme: "the URL of Redis begins with redis:// or unix://; Sentinel and Cluster are not supported"
        case .malformed(let part): "the \(part) in the URL of Redis cannot be read"
        }
    }
}

extension RedisConfiguration {
    /// Reads `redis://[[user]:password@]host[:port][/database]` or `unix://[[user]:password@]/path[?db=database]`.
    ///
    /// User, password and path may have percent-encoded bytes.
    package init(url: String) throws(RedisURLError) {
        guard let separator = url.firstRange(of: "://") else { throw .scheme }
        let rest = url[separator.upperBound...]
        switch url[..<separator.lowerBound].lowercased() {
        case "redis": self = try Self.server(rest)
        case "unix": self = try Self.socket(rest)
        case "rediss": throw .encryption
        default: throw .scheme
        }
    }

    private static func server(_ text: Substring) throws(RedisURLError) -> Self {
        let end = text.firstIndex(of: "/") ?? text.endIndex
        let (credentials, place) = splitCredentials(text[..<end])
        let (host, port) = try hostAndPort(place)
        var configuration = Self(address: .host(host, port: port))
        try configuration.take(credentials)
        let path = text[end...].dropFirst()
        if !path.isEmpty { configuration.database = try number(path) }
        return configuration
    }

    private static func socket(_ text: Substring) throws(RedisURLError) -> Self {
        let start = text.firstIndex(of: "/") ?? text.endIndex
        let (credentials, place) = splitCredentials(text[..<start])
        let parts = text[start...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        // The kernel's limit of a socket's path is 108 bytes with its end.
        guard place.isEmpty, let path = parts.first.flatMap({ decoded($0) }), path.utf8.count > 1,
            path.utf8.count < 108
        else { throw .malformed(part: "path") }
        var configuration = Self(address: .unixSocket(path))
        try configuration.take(credentials)
        if parts.count > 1 {
            guard parts[1].hasPrefix("db=") else { throw .malformed(part: "query") }
            configuration.database = try number(parts[1].dropFirst(3))
        }
        return configuration
    }

    private static func splitCredentials(_ text: Substring) -> (credentials: Substring?, place: Substring) {
        guard let at = text.lastIndex(of: "@") else { return (nil, text) }
        return (text[..<at], text[text.index(after: at)...])
    }

    private mutating func take(_ credentials: Substring?) throws(RedisURLError) {
        guard let credentials else { return }
        let parts = credentials.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty else { throw .malformed(part: "password") }
        guard let user = Self.decoded(parts[0]) else { throw .malformed(part: "user") }
        guard let password = Self.decoded(parts[1]) else { throw .malformed(part: "password") }
        self.user = user.isEmpty ? nil : user
        self.password = password
    }

    private static func hostAndPort(_ text: Substring) throws(RedisURLError) -> (String, UInt16) {
        var host = text
        var rest = Substring()
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw .malformed(part: "host") }
            host = text[..<end].dropFirst()
            rest = text[end...].dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            rest = text[colon...]
        }
        let isReadable = host.utf8.allSatisfy { isHostByte($0) || text.hasPrefix("[") && $0 == UInt8(ascii: ":") }
        guard !host.isEmpty, host.utf8.count <= 253, isReadable else { throw .malformed(part: "host") }
        if rest.isEmpty { return (String(host), 6_379) }
        guard rest.hasPrefix(":"), let port = digits(rest.dropFirst()), port > 0 else { throw .malformed(part: "port") }
        return (String(host), port)
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func number(_ text: Substring) throws(RedisURLError) -> Int {
        guard let number = digits(text) else { throw .malformed(part: "database") }
        return Int(number)
    }

    private static func digits(_ text: Substring) -> UInt16? {
        text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } ? UInt16(text) : nil
    }

    /// Resolves `%41`; nil for a broken one, for a control character, or for bytes that are no UTF-8.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }),
                    let low = rest.popFirst().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue })
                else { return nil }
                bytes.append(UInt8(high << 4 | low))
            } else {
                bytes.append(byte)
            }
        }
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
