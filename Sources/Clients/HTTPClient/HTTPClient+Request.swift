extension HTTPClient {
    /// One request, with the limits of its answer.
    package struct Request: Sendable {
        /// How many bytes of a response's body are taken unless a request says otherwise: 16 MiB.
        package static let defaultMaximumResponseBytes = 16 << 20

        package var method: String
        /// An absolute `http` or `https` URL.
        package var url: String
        package var headers: [Header]
        /// Nil sends none; a `POST`, `PUT` or `PATCH` without one says `Content-Length: 0`.
        package var body: [UInt8]?
        /// The time from the first step to the last byte; for a stream, the longest silence.
        ///
        /// Above zero; default 60 seconds.
        package var timeout: Duration
        /// A longer body ends the request with ``HTTPClientError/responseTooLarge(limitBytes:)``.
        package var maximumResponseBytes: Int
        /// A file of authorities, as PEM, to trust instead of the system's; nil: the system's.
        package var authoritiesFile: String?

        package init(
            method: String = "GET", url: String, headers: [Header] = [], body: [UInt8]? = nil,
            timeout: Duration = .seconds(60), maximumResponseBytes: Int = defaultMaximumResponseBytes,
            authoritiesFile: String? = nil
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
            self.timeout = timeout
            self.maximumResponseBytes = maximumResponseBytes
            self.authoritiesFile = authoritiesFile
        }
    }

    /// A header field: its value is kept as it came, without the blanks around it.
    package struct Header: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        /// Compares the name as HTTP does, without case.
        package func isNamed(_ other: String) -> Bool {
            name.lowercased() == other.lowercased()
        }
    }
}
