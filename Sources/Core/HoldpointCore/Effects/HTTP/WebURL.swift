/// An absolute `http` or `https` URL in one strict form, so that nobody after us can read another host from it.
///
/// RFC 3986 without user names (a secret does not belong in a URL) and without fragments, which are never sent. Bytes
/// of path and query that the grammar does not allow are percent-encoded; control bytes are refused.
package struct WebURL: Sendable, Hashable {
    /// The longest URL: 8 KiB.
    package static let maximumBytes = 8 << 10

    /// `https` rather than `http`.
    package let isSecure: Bool
    /// The host that is named.
    package let host: Host
    /// The port, also where it is the scheme's own.
    package let port: UInt16
    /// Begins with a slash.
    package let path: String
    /// What follows the question mark, nil without one.
    package let query: String?

    /// Reads an absolute URL; throws `InvalidWebURL`.
    package init(_ text: some StringProtocol) throws(InvalidWebURL) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw InvalidWebURL(detail: "is longer than \(Self.maximumBytes) bytes")
        }
        guard let mark = text.firstRange(of: "://") else { throw InvalidWebURL(detail: "is not absolute") }
        switch text[..<mark.lowerBound].lowercased() {
        case "http": isSecure = false
        case "https": isSecure = true
        default: throw InvalidWebURL(detail: "is neither http nor https")
        }
        let rest = Substring(text[mark.upperBound...])
        let end = Self.place(of: "/?#", in: rest)
        let (host, port) = try Self.authority(rest[..<end])
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
        (path, query) = try Self.pathAndQuery(rest[end...])
        guard self.text.utf8.count <= Self.maximumBytes else {
            throw InvalidWebURL(detail: "is longer than \(Self.maximumBytes) bytes")
        }
    }

    init(isSecure: Bool, host: Host, port: UInt16, path: String, query: String?) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.path = path
        self.query = query
    }

    /// The whole URL.
    package var text: String { origin + path + (query.map { "?" + $0 } ?? "") }

    /// Scheme, host and port (RFC 6454): what a secret that was given to one server may be sent to again.
    package var origin: String {
        let isOwnPort = port == (isSecure ? 443 : 80)
        return "\(isSecure ? "https" : "http")://\(host.urlText)\(isOwnPort ? "" : ":\(port)")"
    }

    /// Whether a segment of the path is `.` or `..`, also in percent-encoding.
    package var hasDotSegments: Bool {
        path.split(separator: "/").contains { segment in
            let plain = segment.lowercased().replacing("%2e", with: ".")
            return plain == "." || plain == ".."
        }
    }

    private static func authority(_ text: some StringProtocol) throws(InvalidWebURL) -> (Host, UInt16?) {
        guard !text.utf8.contains(UInt8(ascii: "@")) else { throw InvalidWebURL(detail: "has a user name") }
        var hostEnd = text.endIndex
        if let colon = text.lastIndex(of: ":"), text.last != "]" { hostEnd = colon }
        guard let host = Host(url: text[..<hostEnd]) else { throw InvalidWebURL(detail: "has no valid host") }
        guard hostEnd < text.endIndex else { return (host, nil) }
        let digits = text[text.index(after: hostEnd)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits), port > 0 else {
            throw InvalidWebURL(detail: "has no valid port")
        }
        return (host, port)
    }

    /// Splits and encodes what follows the authority; the path is `/` where there is none.
    static func pathAndQuery(_ text: Substring) throws(InvalidWebURL) -> (String, String?) {
        let withoutFragment = text[..<place(of: "#", in: text)]
        let mark = place(of: "?", in: withoutFragment)
        let path = try PercentEncoding.completed(withoutFragment[..<mark])
        let query: String? =
            if mark < withoutFragment.endIndex {
                try PercentEncoding.completed(withoutFragment[withoutFragment.utf8.index(after: mark)...])
            } else {
                nil
            }
        return (path.isEmpty ? "/" : path, query)
    }

    /// Where the first of these ASCII characters stands, or the end.
    ///
    /// Looked for among the bytes: with a combining mark behind it, it is another `Character`, but not for whoever is
    /// sent the URL.
    static func place(of marks: String, in text: Substring) -> String.Index {
        text.utf8.firstIndex { marks.utf8.contains($0) } ?? text.endIndex
    }
}

extension WebURL: CustomStringConvertible {
    /// The URL without its query, which may hold what is nobody else's business.
    package var description: String { origin + path }
}

/// Why a text is no URL that can be called.
package struct InvalidWebURL: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rest of a sentence that begins with "the URL"; never holds the URL.
    package let detail: String

    package init(detail: String) {
        self.detail = detail
    }

    /// One sentence.
    package var description: String { "the URL \(detail)" }
}
