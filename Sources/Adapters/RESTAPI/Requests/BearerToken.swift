/// The key in an `Authorization` header (RFC 6750).
enum BearerToken {
    /// The longest key that is looked up, in bytes.
    static let maximumLength = 256

    /// The key; nil if the header is of another scheme or cannot hold one.
    static func text(of header: String) -> String? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        let token = parts[1].drop { $0 == " " }
        guard token.utf8.count <= maximumLength, token.utf8.starts(with: "hp_".utf8),
            token.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else { return nil }
        return String(token)
    }
}
