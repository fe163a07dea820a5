import HTTPServer

/// The `Idempotency-Key` header: a string of RFC 8941 in quotes, or the bare characters.
enum IdempotencyKey {
    /// The longest key in characters.
    static let maximumLength = 255

    /// The key; nil if there is none.
    ///
    /// `"abc"` and `abc` are the same key.
    static func read(from request: HTTPRequest) throws(Problem) -> String? {
        let fields = request.headers.values("Idempotency-Key")
        guard !fields.isEmpty else { return nil }
        guard fields.count == 1, let key = text(of: fields[0]) else {
            throw Problem.invalid(
                "header:Idempotency-Key", "must be one key of 1 to \(maximumLength) visible characters")
        }
        return key
    }

    private static func text(of field: String) -> String? {
        var bytes = Array(field.utf8)
        if bytes.first == UInt8(ascii: "\"") {
            guard bytes.count >= 2, bytes.last == UInt8(ascii: "\""),
                let inner = unescaped(bytes.dropFirst().dropLast())
            else { return nil }
            bytes = inner
        }
        guard 1...maximumLength ~= bytes.count, bytes.allSatisfy({ 0x21...0x7E ~= $0 }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What stands between the quotes, with `\"` and `\\` resolved; nil for anything that is no such string.
    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var plain: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return nil
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst(), next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") else {
                    return nil
                }
                plain.append(next)
            default: plain.append(byte)
            }
        }
        return plain
    }
}
