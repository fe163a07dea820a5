extension JSONScanner {
    /// Reads the string whose opening quote is here.
    mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        let start = position
        let isASCII = skipPlainRun()
        if try byte() == UInt8(ascii: "\"") {
            let run = UnsafeBufferPointer(rebasing: bytes[start..<position])
            position += 1
            return isASCII ? String(decoding: run, as: UTF8.self) : try validated(run, from: start)
        }
        return try stringWithEscapes(from: start)
    }

    private mutating func stringWithEscapes(from start: Int) throws(JSONSyntaxError) -> String {
        unescaped.removeAll(keepingCapacity: true)
        try appendValidated(from: start)
        while true {
            switch try byte() {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: unescaped, as: UTF8.self)
            case UInt8(ascii: "\\"):
                try escape()
            default:
                throw failure(.controlCharacter)
            }
            let run = position
            _ = skipPlainRun()
            try appendValidated(from: run)
        }
    }

    /// Takes over the bytes from there to here.
    private mutating func appendValidated(from start: Int) throws(JSONSyntaxError) {
        let run = UnsafeBufferPointer(rebasing: bytes[start..<position])
        _ = try validated(run, from: start)
        unescaped.append(contentsOf: run)
    }

    /// Moves to the next quote, backslash or control character, eight bytes at a time; returns whether all was ASCII.
    private mutating func skipPlainRun() -> Bool {
        let base = UnsafeRawPointer(bytes.baseAddress)
        var seen: UInt64 = 0
        while let base, position &+ 8 <= bytes.count {
            let word = base.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            if Self.hasSpecial(word) { break }
            seen |= word
            position &+= 8
        }
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            seen |= UInt64(byte)
            position &+= 1
        }
        return seen & 0x8080_8080_8080_8080 == 0
    }

    /// Whether one of eight bytes is a quote, a backslash or a control character.
    ///
    /// Per byte, `x - n` borrows into the top bit exactly where `x < n` and the top bit of `x` is clear. A borrow can
    /// also mark the byte above a true hit, never a byte of a word without one.
    private static func hasSpecial(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let hits =
            ((word &- ones &* 0x20) & ~word) | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
        return hits & (ones &* 0x80) != 0
    }

    private func validated(_ run: UnsafeBufferPointer<UInt8>, from start: Int) throws(JSONSyntaxError) -> String {
        if let text = String(validating: run, as: UTF8.self) { return text }
        do {
            _ = try UTF8Span(validating: run.span)
            throw failure(.invalidUTF8, at: start)
        } catch let error as UTF8.ValidationError {
            throw failure(.invalidUTF8, at: start + error.byteOffsets.lowerBound)
        } catch {
            throw failure(.invalidUTF8, at: start)
        }
    }

    private mutating func escape() throws(JSONSyntaxError) {
        let start = position
        position += 1
        let plain: UInt8
        switch try byte() {
        case UInt8(ascii: "\""): plain = UInt8(ascii: "\"")
        case UInt8(ascii: "\\"): plain = UInt8(ascii: "\\")
        case UInt8(ascii: "/"): plain = UInt8(ascii: "/")
        case UInt8(ascii: "b"): plain = 0x08
        case UInt8(ascii: "f"): plain = 0x0C
        case UInt8(ascii: "n"): plain = 0x0A
        case UInt8(ascii: "r"): plain = 0x0D
        case UInt8(ascii: "t"): plain = 0x09
        case UInt8(ascii: "u"):
            position += 1
            try unicodeEscape(from: start)
            return
        default: throw failure(.invalidEscape)
        }
        unescaped.append(plain)
        position += 1
    }

    private mutating func unicodeEscape(from start: Int) throws(JSONSyntaxError) {
        var code = UInt32(try hexadecimal())
        if code & 0xFC00 == 0xD800 {
            guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            else { throw failure(.loneSurrogate, at: start) }
            position += 2
            let low = UInt32(try hexadecimal())
            guard low & 0xFC00 == 0xDC00 else { throw failure(.loneSurrogate, at: start) }
            code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
        }
        guard let scalar = Unicode.Scalar(code) else { throw failure(.loneSurrogate, at: start) }
        unescaped.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch try byte() {
            case let byte where byte &- UInt8(ascii: "0") < 10: digit = byte &- UInt8(ascii: "0")
            case let byte where byte &- UInt8(ascii: "a") < 6: digit = byte &- UInt8(ascii: "a") &+ 10
            case let byte where byte &- UInt8(ascii: "A") < 6: digit = byte &- UInt8(ascii: "A") &+ 10
            default: throw failure(.invalidEscape)
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
