import CCurl

/// One easy handle of libcurl, made for one request and freed with it.
///
/// It stays on the thread that made it, and the collector given to `run` outlives the run.
final class CurlHandle {
    /// Longest wait for a connection: 10 seconds.
    private static let connectTimeoutMilliseconds = 10_000
    /// A longer time limit is cut to a day.
    static let longestTimeout = Duration.seconds(86_400)
    /// curl may be set up once per process only; a lazy static is.
    static let isSetUp = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    /// The `CURL *`.
    let pointer: UnsafeMutableRawPointer
    private let headerLines: UnsafeMutablePointer<curl_slist>?
    private let bodyBytes: UnsafeMutableRawBufferPointer
    private let errorText: UnsafeMutablePointer<CChar>

    /// Throws `invalidRequest` for anything that could not be sent as it stands.
    init(_ request: HTTPClient.Request) throws(HTTPClientError) {
        let lines = try RequestHead(request).lines
        guard Self.isSetUp, let pointer = curl_easy_init() else {
            throw .transferFailed("libcurl cannot be set up")
        }
        self.pointer = pointer
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            list = curl_slist_append(list, line) ?? list
        }
        headerLines = list
        bodyBytes = .allocate(byteCount: request.body?.count ?? 0, alignment: 1)
        bodyBytes.copyBytes(from: request.body ?? [])
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try setTarget(request)
        try setBody(request)
        try check(holdpoint_curl_set_list(pointer, CURLOPT_HTTPHEADER, headerLines))
        try check(holdpoint_curl_set_error_buffer(pointer, errorText))
    }

    deinit {
        curl_easy_cleanup(pointer)
        curl_slist_free_all(headerLines)
        bodyBytes.deallocate()
        errorText.deallocate()
    }

    private func setTarget(_ request: HTTPClient.Request) throws(HTTPClientError) {
        let host = try Self.host(of: request.url)
        try check(holdpoint_curl_set_text(pointer, CURLOPT_URL, request.url))
        try check(holdpoint_curl_set_text(pointer, CURLOPT_PROTOCOLS_STR, "http,https"))
        try check(holdpoint_curl_set_long(pointer, CURLOPT_FOLLOWLOCATION, 0))
        try check(holdpoint_curl_set_long(pointer, CURLOPT_NOSIGNAL, 1))
        try check(holdpoint_curl_set_long(pointer, CURLOPT_CONNECTTIMEOUT_MS, Self.connectTimeoutMilliseconds))
        if LoopbackHost.matches(host) {
            try check(holdpoint_curl_set_text(pointer, CURLOPT_PROXY, ""))
        }
        if let authoritiesFile = request.authoritiesFile { try setAuthorities(authoritiesFile) }
    }

    /// Trusts the authorities of this file, as PEM, and no others.
    func setAuthorities(_ file: String) throws(HTTPClientError) {
        try check(holdpoint_curl_set_text(pointer, CURLOPT_CAINFO, file))
        try check(holdpoint_curl_set_text(pointer, CURLOPT_CAPATH, nil))
    }

    private func setBody(_ request: HTTPClient.Request) throws(HTTPClientError) {
        if request.method == "HEAD" {
            try check(holdpoint_curl_set_long(pointer, CURLOPT_NOBODY, 1))
        } else if request.body != nil || ["POST", "PUT", "PATCH"].contains(request.method) {
            try check(holdpoint_curl_set_long(pointer, CURLOPT_POST, 1))
            try check(
                holdpoint_curl_set_size(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bodyBytes.count)))
            try check(holdpoint_curl_set_bytes(pointer, CURLOPT_POSTFIELDS, bodyBytes.baseAddress))
        }
        try check(holdpoint_curl_set_text(pointer, CURLOPT_CUSTOMREQUEST, request.method))
    }

    /// Limits the whole transfer.
    func setTotalTimeout(_ timeout: Duration) throws(HTTPClientError) {
        let (seconds, attoseconds) = min(timeout, Self.longestTimeout).components
        let milliseconds = Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)
        try check(holdpoint_curl_set_long(pointer, CURLOPT_TIMEOUT_MS, max(1, milliseconds)))
    }

    /// Limits the time without a byte; curl counts it in whole seconds.
    func setSilenceTimeout(_ timeout: Duration) throws(HTTPClientError) {
        let seconds = Int(min(timeout, Self.longestTimeout).components.seconds)
        try check(holdpoint_curl_set_long(pointer, CURLOPT_LOW_SPEED_LIMIT, 1))
        try check(holdpoint_curl_set_long(pointer, CURLOPT_LOW_SPEED_TIME, max(1, seconds)))
    }

    /// Hands header lines and body bytes to the collector, which must outlive the transfer.
    func setReceiver(_ collector: ResponseCollector) throws(HTTPClientError) {
        let context = Unmanaged.passUnretained(collector).toOpaque()
        try check(
            holdpoint_curl_set_header_receiver(
                pointer,
                { bytes, size, count, context in
                    ResponseCollector.from(context)?.receiveHeaderLine(.init(start: bytes, count: size * count)) ?? 0
                }, context))
        try check(
            holdpoint_curl_set_body_receiver(
                pointer,
                { bytes, size, count, context in
                    ResponseCollector.from(context)?.receiveBody(.init(start: bytes, count: size * count)) ?? 0
                }, context))
    }

    /// Transfers; what the collector refuses is what is thrown.
    func run(into collector: ResponseCollector) throws(HTTPClientError) {
        try setReceiver(collector)
        let code = withExtendedLifetime(collector) { curl_easy_perform(pointer) }
        if let refusal = collector.refusal { throw refusal }
        if collector.isStopped { return }
        try check(code)
    }

    /// Throws what the code means, unless all is well.
    func check(_ code: CURLcode) throws(HTTPClientError) {
        guard code != CURLE_OK else { return }
        let detail = String(cString: errorText)
        let reason = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        switch code {
        case CURLE_OPERATION_TIMEDOUT: throw .timedOut
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: throw .unreachable(reason)
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_SSL_CACERT_BADFILE: throw .invalidRequest(reason)
        default: throw .transferFailed(reason)
        }
    }

    /// The host of an absolute URL, as curl itself reads it.
    private static func host(of url: String) throws(HTTPClientError) -> String {
        guard !url.utf8.contains(0), let parts = curl_url() else { throw .invalidRequest("the URL has a NUL byte") }
        defer { curl_url_cleanup(parts) }
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK,
            curl_url_get(parts, CURLUPART_HOST, &text, 0) == CURLUE_OK, let text
        else { throw .invalidRequest("'\(url)' is not an absolute URL") }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
