/// The identifier of a request: `req_` and 128 random bits as 32 hexadecimal digits.
package struct RequestID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The 128 random bits.
    package let value: Identifier128

    package init(_ value: Identifier128) {
        self.value = value
    }

    /// Reads the text form; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.starts(with: "req_".utf8), let value = Identifier128(hexadecimal: text.dropFirst(4)) else {
            return nil
        }
        self.value = value
    }

    package var description: String { "req_" + value.hexadecimal }

    package static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

/// The identifier of a command that was stored first: `cmd_` and a UUID of version 7 as 32 hexadecimal digits.
package struct StoredCommandID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The 128 bits; they sort by the time of receipt.
    package let value: Identifier128

    package init(_ value: Identifier128) {
        self.value = value
    }

    /// Reads the text form; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.starts(with: "cmd_".utf8), let value = Identifier128(hexadecimal: text.dropFirst(4)) else {
            return nil
        }
        self.value = value
    }

    package var description: String { "cmd_" + value.hexadecimal }

    package static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}
