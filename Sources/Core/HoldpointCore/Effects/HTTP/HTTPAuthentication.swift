/// How a call says who makes it.
package enum HTTPAuthentication: Sendable, Hashable {
    /// RFC 7617, with the text in UTF-8.
    case basic(username: String, password: String)
    /// RFC 6750 section 2.1.
    case bearer(token: String)

    /// The `Authorization` header; throws `InvalidHTTPCall` for what has no form in it.
    package func header() throws(InvalidHTTPCall) -> HTTPCall.Header {
        switch self {
        case .basic(let username, let password):
            guard !username.utf8.contains(UInt8(ascii: ":")) else {
                throw InvalidHTTPCall(detail: "the user name has a colon")
            }
            let pair = "\(username):\(password)"
            guard pair.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw InvalidHTTPCall(detail: "the user name or the password has a control byte")
            }
            return try HTTPCall.Header("Authorization", "Basic \(Base64.encode(pair.utf8))")
        case .bearer(let token):
            guard Self.isToken68(token) else { throw InvalidHTTPCall(detail: "the bearer token has no valid form") }
            return try HTTPCall.Header("Authorization", "Bearer \(token)")
        }
    }

    private static func isToken68(_ text: String) -> Bool {
        let withoutPadding = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }
        return !withoutPadding.isEmpty
            && withoutPadding.allSatisfy {
                PercentEncoding.isUnreserved($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/")
            }
    }
}

extension HTTPAuthentication: CustomStringConvertible, CustomDebugStringConvertible {
    /// The scheme alone (I9).
    package var description: String {
        switch self {
        case .basic: "basic"
        case .bearer: "bearer"
        }
    }

    /// The same.
    package var debugDescription: String { description }
}

/// Base 64 with padding (RFC 4648 section 4).
package enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The bytes as text.
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        var rest = bytes[...]
        while !rest.isEmpty {
            let group = rest.prefix(3)
            let padding = 3 - group.count
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * padding)
            for place in (padding..<4).reversed() { result.append(digits[bits >> (6 * place) & 63]) }
            for _ in 0..<padding { result.append(UInt8(ascii: "=")) }
            rest = rest.dropFirst(3)
        }
        return String(decoding: result, as: UTF8.self)
    }
}
