extension WebURL {
    /// The host of a URL: a name, or an address in its usual form.
    package struct Host: Sendable, Hashable {
        /// The longest name (RFC 1035 section 2.3.4).
        package static let maximumBytes = 253

        /// In lower case; an IPv6 address without brackets.
        package let text: String
        /// The address, if the host is one.
        package let address: IPAddress?

        /// Reads a name or an address; an IPv6 address stands without brackets.
        ///
        /// A name has letters, digits, `-`, `_` and dots, and its last label must not look like a number: there is more
        /// than one opinion on `127.1` and `0x7f000001`.
        package init?(_ text: some StringProtocol) {
            let lower = text.lowercased()
            self.text = lower
            address = IPAddress(lower)
            guard address == nil else { return }
            let labels = lower.split(separator: ".", omittingEmptySubsequences: false)
            guard lower.utf8.count <= Self.maximumBytes, let last = labels.last,
                labels.allSatisfy({ (1...63).contains($0.utf8.count) && $0.utf8.allSatisfy(Self.isNameByte) }),
                !last.utf8.allSatisfy({ (0x30...0x39).contains($0) }), !last.hasPrefix("0x")
            else { return nil }
        }

        /// Reads the host as it stands in a URL: an IPv6 address in brackets, and only that.
        init?(url text: some StringProtocol) {
            guard text.first == "[", text.last == "]", text.count > 2 else {
                guard !text.contains(":") else { return nil }
                self.init(text)
                return
            }
            let inner = text.dropFirst().dropLast()
            guard inner.contains(":") else { return nil }
            self.init(inner)
        }

        /// The host as it stands in a URL.
        package var urlText: String { text.contains(":") ? "[\(text)]" : text }

        private static func isNameByte(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
    }
}
