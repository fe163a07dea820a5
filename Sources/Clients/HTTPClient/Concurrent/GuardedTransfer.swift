import CCurl
import Glibc

/// One guarded request in curl's hands; stays on the loop, and outlives its place in the multi handle.
final class GuardedTransfer {
    private let handle: CurlHandle
    private let request: GuardedRequest
    private let collector: ResponseCollector
    /// The last address that was refused.
    private var refusedAddress: RemoteAddress?
    private var isForbidden = false
    /// Whether a byte of the request may have been written.
    private(set) var mayHaveLeft = false

    /// The `CURL *`.
    var pointer: UnsafeMutableRawPointer { handle.pointer }

    /// Throws for anything that could not be sent as it stands.
    init(_ request: GuardedRequest, timeout: Duration, authoritiesFile: String?) throws(HTTPClientError) {
        self.request = request
        handle = try CurlHandle(request.request)
        collector = ResponseCollector(
            maximumBodyBytes: request.request.maximumResponseBytes, maximumHeadBytes: request.maximumHeadBytes)
        try handle.setReceiver(collector)
        try handle.setTotalTimeout(timeout)
        try setConnection(timeout: timeout)
        try setTrust(authoritiesFile)
        try setGuards()
    }

    private func setConnection(timeout: Duration) throws(HTTPClientError) {
        let connectTimeout = min(request.connectTimeout, timeout)
        try setNumber(CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(connectTimeout / .milliseconds(1))))
        // Without this, giving up on a name would block the loop until the system's resolver gives up, too.
        try setNumber(CURLOPT_QUICK_EXIT, 1)
        try setNumber(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try setNumber(CURLOPT_PATH_AS_IS, 1)
        if !request.mayBeSentTwice {
            // On a connection that was used before, curl repeats a request by itself if no response begins.
            try setNumber(CURLOPT_FRESH_CONNECT, 1)
        }
    }

    private func setTrust(_ authoritiesFile: String?) throws(HTTPClientError) {
        try setText(CURLOPT_PROXY, "")
        try setText(CURLOPT_NOPROXY, "*")
        try setNumber(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        try setNumber(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        try setNumber(CURLOPT_HTTP09_ALLOWED, 0)
        try setNumber(CURLOPT_SSL_VERIFYPEER, 1)
        try setNumber(CURLOPT_SSL_VERIFYHOST, 2)
        if let authoritiesFile { try handle.setAuthorities(authoritiesFile) }
    }

    private func setGuards() throws(HTTPClientError) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try handle.check(
            holdpoint_curl_set_socket_opener(
                pointer,
                { context, purpose, address in
                    guard let transfer = GuardedTransfer.from(context), let address else { return -1 }
                    return purpose == CURLSOCKTYPE_IPCXN ? transfer.openSocket(address) : -1
                }, context))
        try handle.check(
            holdpoint_curl_set_send_check(
                pointer,
                { context, address, _, _, _ in
                    GuardedTransfer.from(context)?.maySend(to: address) == true
                        ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
                }, context))
    }

    /// What the end of the transfer means.
    func result(_ code: CURLcode) -> Exchange.Result {
        if case .responseTooLarge(let limit)? = collector.refusal {
            return failure(.responseTooLarge(limitBytes: limit))
        }
        if code == CURLE_OK {
            do { return .success(try collector.response()) } catch { return failure(.transferFailed) }
        }
        if isForbidden { return failure(.notPermitted) }
        if let refusedAddress, !mayHaveLeft { return failure(.addressRefused(refusedAddress)) }
        switch code {
        case CURLE_OPERATION_TIMEDOUT: return failure(.timedOut)
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST: return failure(.unreachable)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_USE_SSL_FAILED:
            return failure(.insecure)
        // The second is also said of an answer without a status line.
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            return failure(mayHaveLeft ? .transferFailed : .invalidRequest)
        default: return failure(.transferFailed)
        }
    }

    private func failure(_ reason: ExchangeFailure.Reason) -> Exchange.Result {
        .failure(ExchangeFailure(reason: reason, mayHaveLeft: mayHaveLeft))
    }

    private func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        guard let remote = RemoteAddress(address) else { return -1 }
        guard request.admits(remote) else {
            refusedAddress = remote
            return -1
        }
        let kind = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        return socket(address.pointee.family, kind, address.pointee.protocol)
    }

    /// The last moment before the request is written, at which nothing has left yet.
    private func maySend(to address: UnsafeMutablePointer<CChar>?) -> Bool {
        // A second time: curl wants to repeat what the server may have seen.
        guard !mayHaveLeft || request.mayBeSentTwice else { return false }
        guard let address, let remote = RemoteAddress(text: address), request.admits(remote) else {
            refusedAddress = address.flatMap { RemoteAddress(text: $0) }
            return false
        }
        guard request.isPermitted() else {
            isForbidden = true
            return false
        }
        mayHaveLeft = true
        return true
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> GuardedTransfer? {
        context.map { Unmanaged<GuardedTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func setNumber(_ option: CURLoption, _ value: Int) throws(HTTPClientError) {
        try handle.check(holdpoint_curl_set_long(pointer, option, value))
    }

    private func setText(_ option: CURLoption, _ value: String) throws(HTTPClientError) {
        try handle.check(holdpoint_curl_set_text(pointer, option, value))
    }
}

extension RemoteAddress {
    /// The address for which curl wants a socket; nil for another family than IPv4 and IPv6.
    init?(_ address: UnsafeMutablePointer<curl_sockaddr>) {
        guard let place = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return nil }
        // The address is longer than the field that names it: read from memory, never through a copy.
        let start = UnsafeRawPointer(address) + place
        let size = Int(address.pointee.addrlen)
        switch address.pointee.family {
        case AF_INET where size >= MemoryLayout<sockaddr_in>.size:
            let part = MemoryLayout<sockaddr_in>.offset(of: \.sin_addr) ?? 4
            bytes = Array(UnsafeRawBufferPointer(start: start + part, count: 4))
        case AF_INET6 where size >= MemoryLayout<sockaddr_in6>.size:
            let part = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) ?? 8
            bytes = Array(UnsafeRawBufferPointer(start: start + part, count: 16))
        default: return nil
        }
    }

    /// Reads an address as the system writes it; nil for anything else.
    init?(text: UnsafePointer<CChar>) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.bytes = Array(bytes.prefix(4))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.bytes = bytes
        } else {
            return nil
        }
    }
}
