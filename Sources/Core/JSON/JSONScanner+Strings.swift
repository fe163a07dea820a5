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

    /// Moves to the next quote, backslash or control character; returns whether all was ASCII.
    private mutating func skipPlainRun() -> Bool {
        let run = ByteScan.plainRun(in: bytes, from: position)
        position = run.end
        return run.isASCII
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
