/// Reads the raw bytes of a request head before libevent does, and finds what libevent's parsing would hide.
///
/// libevent joins folded lines with a space, ends a value at NUL, accepts a bare LF as a line end, takes a space
/// before a colon into the name, two Content-Lengths and `+29`. The scanner accepts the grammar of RFC 9112
/// and nothing else, counts against the limits, and settles the body's framing, so that libevent never sees a
/// transfer encoding. It is a state machine without input or output.
package struct HeadScanner {
    /// What the bytes so far amount to.
    package enum Verdict: Sendable, Equatable {
        /// The head has not ended yet.
        case incomplete
        /// The head has ended at this offset of the bytes given; nothing more must be scanned.
        case complete(end: Int)
        /// The request must be answered with this, and the connection closed.
        case refused(Refusal)
    }

    /// What a head may amount to, in bytes and lines.
    package struct Limits: Sendable {
        let headBytes: Int
        let headerCount: Int
        let targetBytes: Int
        let bodyBytes: Int

        package init(headBytes: Int, headerCount: Int, targetBytes: Int, bodyBytes: Int) {
            self.headBytes = headBytes
            self.headerCount = headerCount
            self.targetBytes = targetBytes
            self.bodyBytes = bodyBytes
        }
    }

    private enum Place {
        case requestLine
        case requestLineEnd
        case lineStart
        case name
        case value
        case valueEnd
        case headEnd
    }

    private enum Watched {
        case nothing
        case contentLength
        case transferEncoding
    }

    /// How many bytes of this head have been seen.
    private(set) var byteCount = 0
    /// The body's announced length; nil if none was announced.
    package private(set) var contentLength: Int?
    /// Whether the client speaks HTTP/1.0.
    package private(set) var isHTTP10 = false
    /// Whether the method is HEAD: its answer has no body, not even a refusal's.
    package private(set) var isHead = false
    private var place = Place.requestLine
    private var headerCount = 0
    private var spaces = 0
    /// The last eight bytes of the request line.
    private var tail: UInt64 = 0
    private var watched = Watched.nothing
    private var nameLength = 0
    /// The value of the header being watched, without spaces and tabs at its ends; at most 32 bytes of it.
    private var watchedValue: [UInt8] = []
    private var transferEncoding: [UInt8]?

    /// Before the first byte.
    package init() {}

    /// Scans the next bytes.
    package mutating func scan(_ bytes: UnsafeRawBufferPointer, limits: Limits) -> Verdict {
        var index = 0
        while index < bytes.count {
            if watched == .nothing, place == .value || place == .name {
                // Most bytes of a head are in a name or a value that does not matter here: they pass in one run.
                let start = index
                if place == .value {
                    while index < bytes.count, Self.isValueByte(bytes[index]) { index += 1 }
                } else {
                    while index < bytes.count, Self.isTokenByte(bytes[index]) { index += 1 }
                }
                byteCount += index - start
                if byteCount > limits.headBytes { return .refused(.headTooLarge) }
                if index == bytes.count { return .incomplete }
            }
            let byte = bytes[index]
            index += 1
            byteCount += 1
            if byteCount > limits.headBytes { return .refused(.headTooLarge) }
            if let refusal = step(byte, limits) { return .refused(refusal) }
            if place == .headEnd, byte == 0x0A { return .complete(end: index) }
        }
        return .incomplete
    }

    private mutating func step(_ byte: UInt8, _ limits: Limits) -> Refusal? {
        switch place {
        case .value:
            if byte == 0x0D {
                place = .valueEnd
            } else if !Self.isValueByte(byte) {
                return .malformed(byte == 0x0A ? "A line ends without CR." : "A header has a control byte.")
            } else if watched != .nothing {
                watch(byte)
            }
        case .name:
            if byte == 0x3A {
                place = .value
                endName()
            } else if Self.isTokenByte(byte) {
                matchName(byte)
            } else {
                return .malformed("A header name has a byte that is not allowed, or no colon.")
            }
        case .lineStart: return startLine(byte, limits)
        case .requestLine: return requestLine(byte, limits)
        case .requestLineEnd:
            guard byte == 0x0A else { return .malformed("A CR stands alone.") }
            place = .lineStart
        case .valueEnd:
            guard byte == 0x0A else { return .malformed("A CR stands alone.") }
            place = .lineStart
            return endValue(limits)
        case .headEnd:
            guard byte == 0x0A else { return .malformed("A CR stands alone.") }
            return framing(limits)
        }
        return nil
    }

    private mutating func requestLine(_ byte: UInt8, _ limits: Limits) -> Refusal? {
        switch byte {
        case 0x0D:
            place = .requestLineEnd
            if spaces != 2 { return .malformed("The request line must have three parts.") }
            if tail == Self.http11 { return nil }
            isHTTP10 = true
            if tail == Self.http10 { return nil }
            return tail >> 24 == Self.http11 >> 24 ? .version : .malformed("The request line has no version.")
        case 0x20:
            if spaces == 0, tail == Self.head { isHead = true }
            spaces += 1
        case 0x21...0x7E where byte != 0x23: break
        default: return .malformed("The request line has a byte that is not allowed.")
        }
        tail = tail << 8 | UInt64(byte)
        // Method and version take 17 bytes at most; what is longer can only be the target.
        return byteCount > limits.targetBytes + 17 ? .targetTooLong : nil
    }

    private mutating func startLine(_ byte: UInt8, _ limits: Limits) -> Refusal? {
        if byte == 0x0D {
            place = .headEnd
            return nil
        }
        if byte == 0x20 || byte == 0x09 { return .malformed("A header is folded over two lines.") }
        guard Self.isTokenByte(byte) else { return .malformed("A header line does not start with a name.") }
        headerCount += 1
        if headerCount > limits.headerCount { return .tooManyHeaders }
        place = .name
        nameLength = 0
        watched =
            switch byte | 0x20 {
            case UInt8(ascii: "c"): .contentLength
            case UInt8(ascii: "t"): .transferEncoding
            default: .nothing
            }
        matchName(byte)
        return nil
    }
}

extension HeadScanner {
    private static let http11: UInt64 = 0x4854_5450_2F31_2E31
    private static let http10: UInt64 = 0x4854_5450_2F31_2E30
    private static let head: UInt64 = 0x4845_4144
    private static let contentLengthName: StaticString = "content-length"
    private static let transferEncodingName: StaticString = "transfer-encoding"

    /// Whether a byte may stand in a header's value: anything but control bytes, though a tab may (RFC 9110, 5.5).
    package static func isValueByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

    /// Whether a byte may stand in a header name (RFC 9110, 5.6.2).
    package static func isTokenByte(_ byte: UInt8) -> Bool {
        // One bit for each of the bytes 0-63 and 64-127.
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        if byte < 64 { return low >> UInt64(byte) & 1 == 1 }
        return byte < 128 && high >> UInt64(byte & 63) & 1 == 1
    }

    private var watchedName: StaticString {
        watched == .contentLength ? Self.contentLengthName : Self.transferEncodingName
    }

    private mutating func matchName(_ byte: UInt8) {
        defer { nameLength += 1 }
        guard watched != .nothing else { return }
        let name = watchedName
        let matches =
            nameLength < name.utf8CodeUnitCount
            && name.utf8Start[nameLength] == HTTPHeaders.lowercase(byte)
        if !matches { watched = .nothing }
    }

    private mutating func endName() {
        guard watched != .nothing else { return }
        if nameLength != watchedName.utf8CodeUnitCount { watched = .nothing }
        watchedValue.removeAll(keepingCapacity: true)
    }

    private mutating func watch(_ byte: UInt8) {
        let isSpace = byte == 0x20 || byte == 0x09
        if watchedValue.isEmpty, isSpace { return }
        if watchedValue.count < 32 {
            watchedValue.append(HTTPHeaders.lowercase(byte))
        } else if !isSpace {
            // Longer than any value that is accepted: make sure that what was kept is not one.
            watchedValue[31] = UInt8(ascii: "?")
        }
    }

    private mutating func endValue(_ limits: Limits) -> Refusal? {
        while let last = watchedValue.last, last == 0x20 || last == 0x09 { watchedValue.removeLast() }
        switch watched {
        case .nothing: return nil
        case .contentLength:
            guard contentLength == nil else { return .malformed("There is more than one Content-Length.") }
            guard 1...18 ~= watchedValue.count, watchedValue.allSatisfy({ 0x30...0x39 ~= $0 }) else {
                return .malformed("The Content-Length is not a number of at most 18 digits.")
            }
            contentLength = watchedValue.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        case .transferEncoding:
            guard transferEncoding == nil else { return .malformed("There is more than one Transfer-Encoding.") }
            transferEncoding = watchedValue
        }
        watched = .nothing
        return nil
    }

    /// Settles how the body is delimited (RFC 9112, 6.1 to 6.3), at the end of the head.
    private func framing(_ limits: Limits) -> Refusal? {
        if let transferEncoding {
            if contentLength != nil { return .malformed("Content-Length and Transfer-Encoding exclude each other.") }
            if isHTTP10 { return .malformed("HTTP/1.0 has no Transfer-Encoding.") }
            if transferEncoding == Array("chunked".utf8) { return .lengthRequired }
            return .transferEncoding
        }
        if let contentLength, contentLength > limits.bodyBytes { return .bodyTooLarge }
        return nil
    }
}
