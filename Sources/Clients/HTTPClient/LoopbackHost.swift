/// Tells the host names that can only mean this machine (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3).
package enum LoopbackHost {
    /// True for `localhost`, any name under it, 127.0.0.0/8 in dotted form, and `[::1]`.
    package static func matches(_ host: String) -> Bool {
        let name = host.lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") || name == "[::1]" { return true }
        let octets = name.split(separator: ".", omittingEmptySubsequences: false)
        return octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
    }
}
