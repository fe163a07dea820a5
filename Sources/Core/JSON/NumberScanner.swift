/// Walks over one number by the grammar of RFC 8259, section 6.
struct NumberScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    var position: Int
    /// Set where the number has neither fraction nor exponent.
    private(set) var isInteger = true

    init(bytes: UnsafeBufferPointer<UInt8>, position: Int) {
        self.bytes = bytes
        self.position = position
    }

    /// Moves behind the number; returns what is wrong, with the position on the offending byte, or nothing.
    mutating func scan() -> JSONSyntaxError.Kind? {
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") {
            position += 1
            if isDigit { return .invalidNumber }
        } else if skipDigits() == 0 {
            return .invalidNumber
        }
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            if skipDigits() == 0 { return .invalidNumber }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            let zeros = skipZeros()
            let digits = skipDigits()
            if zeros + digits == 0 { return .invalidNumber }
            if digits > JSONNumber.maximumExponentDigits { return .numberOutOfRange }
        }
        return nil
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private var isDigit: Bool {
        position < bytes.count && bytes[position] &- UInt8(ascii: "0") < 10
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while isDigit { position += 1 }
        return position - start
    }

    private mutating func skipZeros() -> Int {
        let start = position
        while current == UInt8(ascii: "0") { position += 1 }
        return position - start
    }
}
