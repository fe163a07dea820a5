/// The header lines of a request in curl's notation, after checking that each is one line and no more.
struct RequestHead {
    let lines: [String]

    /// Throws `invalidRequest` when the method or a name is no token (RFC 9110 section 5.6.2), or a value has a control
    /// byte: curl itself would send a line break inside a value as it is.
    init(_ request: HTTPClient.Request) throws(HTTPClientError) {
        guard Self.isToken(request.method) else { throw .invalidRequest("the method is no token") }
        guard request.timeout > .zero else { throw .invalidRequest("the time limit is not above zero") }
        var lines: [String] = []
        for header in request.headers {
            guard Self.isToken(header.name) else { throw .invalidRequest("a header name is no token") }
            guard header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw .invalidRequest("the value of header '\(header.name)' has a control byte")
            }
            // "Name:" would mean "leave it out"; "Name;" means "send it empty".
            lines.append(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
        }
        // Without these two, curl adds a form's content type and may wait for "100 Continue".
        if !request.headers.contains(where: { $0.isNamed("Content-Type") }) {
            lines.append("Content-Type:")
        }
        lines.append("Expect:")
        self.lines = lines
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { isTokenByte($0) }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
