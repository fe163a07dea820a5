/// All addresses that begin with the same bits (RFC 4632).
package struct AddressBlock: Sendable, Hashable {
    private let first: IPAddress
    private let length: Int

    /// Reads `10.0.0.0/8`, `fd00::/8`, or one address.
    ///
    /// Nil if it is neither, or if bits behind the prefix are set: `10.1.2.3/8` is more likely a mistake than meant.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let head = parts.first, let first = IPAddress(head) else { return nil }
        var length = first.width
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(parts[1]),
                number <= first.width, String(number) == parts[1]
            else { return nil }
            length = number
        }
        guard first.value & ~(~UInt128(0) << UInt128(first.width - length)) == 0 else { return nil }
        self.first = first
        self.length = length
    }

    /// Whether the address begins with the block's bits; one of the other family never does.
    package func contains(_ address: IPAddress) -> Bool {
        address.width == first.width && (address.value ^ first.value) >> UInt128(first.width - length) == 0
    }
}
