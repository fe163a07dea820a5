/// An IPv4 or IPv6 address.
package struct IPAddress: Sendable, Hashable {
    /// The address as a number; an IPv4 address has 32 bits.
    let value: UInt128
    /// 32 or 128.
    let width: Int

    init(value: UInt128, width: Int) {
        self.value = value
        self.width = width
    }

    /// Makes an address of the 4 or 16 bytes that travel in a packet; nil for another count.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        value = bytes.reduce(0) { $0 << 8 | UInt128($1) }
        width = bytes.count * 8
    }

    /// Reads four decimal numbers without leading zeros, or RFC 4291 section 2.2; a zone is not read.
    package init?(_ text: some StringProtocol) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let groups = Self.groups(text) else { return nil }
            self.init(value: groups.reduce(0) { $0 << 16 | UInt128($1) }, width: 128)
        } else {
            guard let value = Self.dotted(text) else { return nil }
            self.init(value: UInt128(value), width: 32)
        }
    }

    /// The 32 bits that begin at this bit of an IPv6 address, as an IPv4 address.
    func embedded(at bit: Int) -> IPAddress {
        IPAddress(value: value >> UInt128(96 - bit) & 0xFFFF_FFFF, width: 32)
    }

    private static func dotted(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            // A leading zero is octal to some and decimal to others.
            guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), part.count == 1 || part.first != "0",
                let number = UInt8(part)
            else { return nil }
            value = value << 8 | UInt32(number)
        }
        return value
    }

    private static func groups(_ text: some StringProtocol) -> [UInt16]? {
        guard let gap = text.firstRange(of: "::") else {
            guard let groups = groups(between: text), groups.count == 8 else { return nil }
            return groups
        }
        let head = text[..<gap.lowerBound]
        let tail = text[gap.upperBound...]
        // Four numbers with dots may only stand at the end.
        guard !head.contains("."), let first = head.isEmpty ? [] : groups(between: head),
            let last = tail.isEmpty ? [] : groups(between: tail), first.count + last.count < 8
        else { return nil }
        return first + [UInt16](repeating: 0, count: 8 - first.count - last.count) + last
    }

    private static func groups(between text: some StringProtocol) -> [UInt16]? {
        var groups: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (place, part) in parts.enumerated() {
            if place == parts.count - 1, part.contains(".") {
                guard let value = dotted(part) else { return nil }
                groups += [UInt16(value >> 16), UInt16(value & 0xFFFF)]
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(\.isHexadecimalDigit),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }
}

extension IPAddress: CustomStringConvertible {
    /// Four decimal numbers, or eight groups without shortening.
    package var description: String {
        if width == 32 {
            return (0..<4).reversed().map { String(UInt8(truncatingIfNeeded: value >> UInt128($0 * 8))) }
                .joined(separator: ".")
        }
        return (0..<8).reversed().map { String(UInt16(truncatingIfNeeded: value >> UInt128($0 * 16)), radix: 16) }
            .joined(separator: ":")
    }
}

extension UInt8 {
    /// Whether this is a digit of base 16 in ASCII.
    var isHexadecimalDigit: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}
