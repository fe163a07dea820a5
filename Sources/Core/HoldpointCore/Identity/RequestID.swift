/// The identifier of a request: `req_`, the time it was made as 12 hexadecimal digits, and 128 random bits as 32.
///
/// The time is in front so that ids sort as they were made: an index over random ids touches a page of its own for
/// almost every request, and each of these must be written to the log with every commit.
package struct RequestID: Sendable, Hashable, Comparable, CustomStringConvertible {
    private static let timeDigits = 12

    /// When it was made, in milliseconds since 1970; 48 bits.
    package let milliseconds: UInt64
    /// The 128 random bits.
    package let random: Identifier128

    /// Makes an id; a time that does not fit 48 bits is cut to what does.
    package init(time: Timestamp, random: Identifier128) {
        milliseconds = UInt64(clamping: time.milliseconds) & 0xffff_ffff_ffff
        self.random = random
    }

    /// Reads the text form; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 4 + Self.timeDigits + 32, text.utf8.starts(with: "req_".utf8),
            let time = Hexadecimal.decode(text.dropFirst(4).prefix(Self.timeDigits)),
            let random = Identifier128(hexadecimal: text.dropFirst(4 + Self.timeDigits))
        else { return nil }
        milliseconds = time.reduce(0) { $0 << 8 | UInt64($1) }
        self.random = random
    }

    package var description: String {
        String(unsafeUninitializedCapacity: 4 + Self.timeDigits + 32) { text in
            for (index, character) in "req_".utf8.enumerated() { text[index] = character }
            let time = UnsafeMutableBufferPointer(rebasing: text[4..<4 + Self.timeDigits])
            Hexadecimal.write(milliseconds, to: time)
            random.write(to: UnsafeMutableBufferPointer(rebasing: text[(4 + Self.timeDigits)...]))
            return text.count
        }
    }

    /// Feeds half of what is random.
    package func hash(into hasher: inout Swift.Hasher) { hasher.combine(random.low) }

    package static func < (left: Self, right: Self) -> Bool {
        (left.milliseconds, left.random) < (right.milliseconds, right.random)
    }
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
