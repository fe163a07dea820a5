/// The formats that can be asserted.
enum SchemaFormat: String, Sendable {
    case dateTime = "date-time"
    case date
    case time
    case email
    case uri
    case uuid
    case ipv4
    case ipv6

    /// What a text must be, for people.
    var wording: String {
        switch self {
        case .dateTime: "a time such as 2026-11-20T09:30:00Z"
        case .date: "a date such as 2026-11-20"
        case .time: "a time of day such as 09:30:00Z"
        case .email: "an email address"
        case .uri: "a URI with its scheme"
        case .uuid: "a UUID"
        case .ipv4: "an IPv4 address"
        case .ipv6: "an IPv6 address"
        }
    }

    /// Whether a text is of the format.
    func admits(_ text: String) -> Bool {
        var reader = FormatReader(Array(text.utf8))
        let isRead =
            switch self {
            case .dateTime: reader.dateTime()
            case .date: reader.date()
            case .time: reader.time()
            case .email: reader.email()
            case .uri: reader.uri()
            case .uuid: reader.uuid()
            case .ipv4: reader.ipv4()
            case .ipv6: reader.ipv6()
            }
        return isRead && reader.isAtEnd
    }
}

/// Reads a text from its start; each method moves over what it names and returns whether it was there.
struct FormatReader {
    var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let byte = rest.first, UInt32(byte) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    /// Moves over all bytes that pass the test; returns how many.
    mutating func skip(while test: (UInt8) -> Bool) -> Int {
        let run = rest.prefix(while: test)
        rest = rest[run.endIndex...]
        return run.count
    }

    /// Splits what is left at the first such character; leaves what is behind it.
    mutating func takeAll(before character: Unicode.Scalar) -> ArraySlice<UInt8>? {
        guard let place = rest.firstIndex(where: { UInt32($0) == character.value }) else { return nil }
        let head = rest[..<place]
        rest = rest[(place + 1)...]
        return head
    }

    /// Reads exactly this many decimal digits as a number.
    mutating func digits(_ count: Int) -> Int? {
        let run = rest.prefix(count)
        guard run.count == count, run.allSatisfy(Self.isDigit) else { return nil }
        rest = rest.dropFirst(count)
        return run.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    static func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 0x61 < 6 }

    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

    static func isAlphanumeric(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }

    static func isOne(of characters: StaticString, _ byte: UInt8) -> Bool {
        UnsafeBufferPointer(start: characters.utf8Start, count: characters.utf8CodeUnitCount).contains(byte)
    }
}
