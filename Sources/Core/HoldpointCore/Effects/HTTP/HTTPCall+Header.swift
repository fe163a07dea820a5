extension HTTPCall {
    /// A header field of a call or of its answer.
    package struct Header: Sendable, Hashable {
        /// The most headers of a call.
        package static let maximumCount = 64
        /// The longest head of a call, names and values together: 16 KiB.
        package static let maximumBytes = 16 << 10

        /// The name as it is written; the case does not count.
        package let name: String
        /// The value, without blanks around it.
        package let value: String

        /// Makes a header that was received.
        package init(received name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        /// Makes a header to be sent; throws `InvalidHTTPCall`.
        ///
        /// The name must be a token (RFC 9110 section 5.6.2), the value without control bytes, and the header not one
        /// of those that say where a message ends or who is asked.
        package init(_ name: String, _ value: String) throws(InvalidHTTPCall) {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else {
                throw InvalidHTTPCall(detail: "a header name is no token")
            }
            guard !Self.ours.contains(name.lowercased()), !name.lowercased().hasPrefix("proxy-") else {
                throw InvalidHTTPCall(detail: "the header '\(name)' is not the caller's to set")
            }
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw InvalidHTTPCall(detail: "the value of the header '\(name)' has a control byte")
            }
            self.name = name
            self.value = value
        }

        /// The key has been checked with the call.
        init(idempotencyKey: String) {
            name = "Idempotency-Key"
            value = idempotencyKey
        }

        /// Compares the name as HTTP does, without case.
        package func isNamed(_ other: String) -> Bool { name.lowercased() == other.lowercased() }

        /// Whether it may go to another server than the one that it was written for.
        ///
        /// Only what is known to tell nothing does: any other header may be a key under a name of somebody's own.
        var isForEveryOrigin: Bool { Self.harmless.contains(name.lowercased()) }

        static func check(_ headers: [Header]) throws(InvalidHTTPCall) {
            guard headers.count <= maximumCount else {
                throw InvalidHTTPCall(detail: "there are more than \(maximumCount) headers")
            }
            guard headers.reduce(0, { $0 + $1.name.utf8.count + $1.value.utf8.count }) <= maximumBytes else {
                throw InvalidHTTPCall(detail: "the headers are longer than \(maximumBytes) bytes")
            }
        }

        /// What frames the message or belongs to the connection (RFC 9110 section 7.6.1, RFC 9112 section 6).
        private static let ours: Set<String> = [
            "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding",
            "upgrade",
        ]
        private static let harmless: Set<String> = [
            "accept", "accept-language", "content-language", "content-type", "idempotency-key", "user-agent",
        ]

        private static func isTokenByte(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
    }
}
