import CEvent

/// Turns a request that evhttp has parsed into a value, and checks what the scanner could not.
enum RequestReader {
    /// Reads the request, taking its body; or says why it must be refused.
    static func read(
        _ request: OpaquePointer, scanner: HeadScanner, targetLimit: Int
    ) -> Result<HTTPRequest, Refusal> {
        guard let uri = evhttp_request_get_uri(request), let method = method(of: request) else {
            return .failure(.methodNotImplemented)
        }
        let target = String(cString: uri)
        if target.utf8.count > targetLimit { return .failure(.targetTooLong) }
        let isAsterisk = target == "*" && method == .options
        // The scanner has seen to it that there are no other bytes than 0x21-0x7E in it, and no fragment.
        guard isAsterisk || target.utf8.first == UInt8(ascii: "/") else {
            return .failure(.malformed("The request target must be a path."))
        }
        let headers = headers(of: request)
        if let refusal = checkHost(headers, scanner) { return .failure(refusal) }
        if evhttp_request_get_command(request) == EVHTTP_REQ_HEAD || method == .other,
            let length = scanner.contentLength, length > 0
        {
            // evhttp would take the body for the next request.
            return .failure(.malformed("A HEAD or TRACE request cannot have a body."))
        }
        return .success(
            HTTPRequest(
                method: method, target: target, headers: headers, body: body(of: request),
                remoteAddress: peer(of: request), isHTTP10: scanner.isHTTP10))
    }

    private static func method(of request: OpaquePointer) -> HTTPMethod? {
        switch evhttp_request_get_command(request) {
        case EVHTTP_REQ_GET: .get
        case EVHTTP_REQ_HEAD: .head
        case EVHTTP_REQ_POST: .post
        case EVHTTP_REQ_PUT: .put
        case EVHTTP_REQ_PATCH: .patch
        case EVHTTP_REQ_DELETE: .delete
        case EVHTTP_REQ_OPTIONS: .options
        case EVHTTP_REQ_TRACE: .other
        default: nil
        }
    }

    private static func headers(of request: OpaquePointer) -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.reserve(8)
        var field = evhttp_request_get_input_headers(request)?.pointee.tqh_first
        while let current = field {
            headers.add(String(cString: current.pointee.key), String(cString: current.pointee.value))
            field = current.pointee.next.tqe_next
        }
        return headers
    }

    /// Exactly one Host (none will do for HTTP/1.0), made of bytes that may stand in an authority (RFC 9112, 3.2).
    private static func checkHost(_ headers: HTTPHeaders, _ scanner: HeadScanner) -> Refusal? {
        var host: String?
        for field in headers.fields where HTTPHeaders.same(field.name, "Host") {
            if host != nil { return .malformed("There is more than one Host header.") }
            host = field.value
        }
        guard let host else {
            return scanner.isHTTP10 ? nil : .malformed("There is no Host header.")
        }
        return host.utf8.allSatisfy(isHostByte) ? nil : .malformed("The Host header is malformed.")
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "@"), UInt8(ascii: "?"), UInt8(ascii: "#"),
            UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "^"), UInt8(ascii: "`"),
            UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
            false
        default: 0x21...0x7E ~= byte
        }
    }

    private static func body(of request: OpaquePointer) -> [UInt8] {
        guard let buffer = evhttp_request_get_input_buffer(request) else { return [] }
        let length = evbuffer_get_length(buffer)
        if length == 0 { return [] }
        return [UInt8](unsafeUninitializedCapacity: length) { memory, count in
            count = max(0, Int(evbuffer_remove(buffer, memory.baseAddress, length)))
        }
    }

    private static func peer(of request: OpaquePointer) -> String {
        var address: UnsafeMutablePointer<CChar>?
        var port: UInt16 = 0
        guard let connection = evhttp_request_get_connection(request) else { return "" }
        evhttp_connection_get_peer(connection, &address, &port)
        return address.map { String(cString: $0) } ?? ""
    }
}
