import CCurl

/// Takes a response from curl's callbacks, piece by piece, within its limits.
class ResponseCollector {
    /// Longest head of a response, all lines together, unless told otherwise: 64 KiB.
    static let defaultMaximumHeadBytes = 64 << 10

    private let maximumHeadBytes: Int
    private let maximumBodyBytes: Int
    private var headBytes = 0
    /// Whether the blank line has come that ends the head: curl itself takes half a head for a whole one.
    private var isHeadComplete = false
    /// The status code, 0 before there is one.
    private(set) var status = 0
    private(set) var headers: [HTTPClient.Header] = []
    private var body: [UInt8] = []
    /// Why the transfer was ended from here; nil while nothing is wrong.
    private(set) var refusal: HTTPClientError?
    /// True once somebody asked for the end, which is then no failure.
    private(set) var isStopped = false

    init(maximumBodyBytes: Int, maximumHeadBytes: Int = defaultMaximumHeadBytes) {
        self.maximumHeadBytes = maximumHeadBytes
        self.maximumBodyBytes = maximumBodyBytes
    }

    /// The collector behind the context pointer of a curl callback.
    static func from(_ context: UnsafeMutableRawPointer?) -> ResponseCollector? {
        context.map { Unmanaged<ResponseCollector>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Takes one line of the head; answers how many bytes it accepted, as curl wants it.
    func receiveHeaderLine(_ bytes: UnsafeRawBufferPointer) -> Int {
        headBytes += bytes.count
        guard headBytes <= maximumHeadBytes else {
            return refuse(.responseTooLarge(limitBytes: maximumHeadBytes))
        }
        let line = String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            // A new head: what came before was an interim response (1xx).
            headers = []
            isHeadComplete = false
            status = line.split(separator: " ").dropFirst().first.flatMap { Int($0.prefix(3)) } ?? 0
        } else if line == "\r\n" || line == "\n" {
            isHeadComplete = true
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop(while: \.isWhitespace)
            headers.append(.init(String(line[..<colon]), Self.withoutTrailingBlanks(value)))
        }
        return bytes.count
    }

    /// Takes a piece of the body; answers how many bytes it accepted: fewer end the transfer.
    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard body.count + bytes.count <= maximumBodyBytes else {
            return refuse(.responseTooLarge(limitBytes: maximumBodyBytes))
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    /// What has been collected; throws when there never was a whole head.
    func response() throws(HTTPClientError) -> HTTPClient.Response {
        guard status > 0, isHeadComplete else { throw .transferFailed("the server sent no HTTP response") }
        return HTTPClient.Response(status: status, headers: headers, body: body)
    }

    final func refuse(_ error: HTTPClientError) -> Int {
        refusal = error
        return Self.endTransfer
    }

    final func stop() -> Int {
        isStopped = true
        return Self.endTransfer
    }

    /// A count that is never that of the bytes handed over, so curl ends the transfer.
    private static let endTransfer = Int(CURL_WRITEFUNC_ERROR)

    private static func withoutTrailingBlanks(_ text: Substring) -> String {
        var text = text
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
