/// The walk over the bytes of one document; recursion is bounded by `JSONLimits.highestDepth`.
struct JSONScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    let limits: JSONLimits
    var position = 0
    private var depth = 0
    /// Where strings with escapes are put together.
    var unescaped: [UInt8] = []

    init(bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// Reads the whole document.
    mutating func document() throws(JSONSyntaxError) -> JSONValue {
        guard bytes.count <= limits.maximumBytes else { throw failure(.tooLong, at: limits.maximumBytes) }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw failure(.byteOrderMark) }
        skipWhitespace()
        let value = try self.value()
        skipWhitespace()
        guard position == bytes.count else { throw failure(.trailingBytes) }
        return value
    }

    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        switch try byte() {
        case UInt8(ascii: "\""):
            return .string(try string())
        case UInt8(ascii: "{"):
            return .object(try object())
        case UInt8(ascii: "["):
            return .array(try array())
        case UInt8(ascii: "t"):
            try literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return .number(try number())
        default:
            throw failure(.unexpectedByte)
        }
    }

    private mutating func object() throws(JSONSyntaxError) -> JSONObject {
        try open()
        var object = JSONObject()
        if try closes(with: UInt8(ascii: "}")) { return object }
        object.reserveCapacity(4)
        while true {
            guard try byte() == UInt8(ascii: "\"") else { throw failure(.unexpectedByte) }
            let start = position
            let key = try string()
            do throws(JSONSyntaxError) {
                skipWhitespace()
                try expect(UInt8(ascii: ":"))
                skipWhitespace()
                guard object.insert(key, try value()) else { throw failure(.duplicateKey, at: start) }
            } catch {
                throw error.inside(key)
            }
            skipWhitespace()
            if try !continues(until: UInt8(ascii: "}")) { return object }
        }
    }

    private mutating func array() throws(JSONSyntaxError) -> [JSONValue] {
        try open()
        var items: [JSONValue] = []
        if try closes(with: UInt8(ascii: "]")) { return items }
        while true {
            do throws(JSONSyntaxError) {
                items.append(try value())
            } catch {
                throw error.inside(String(items.count))
            }
            skipWhitespace()
            if try !continues(until: UInt8(ascii: "]")) { return items }
        }
    }

    /// Enters an array or an object.
    private mutating func open() throws(JSONSyntaxError) {
        guard depth < limits.depth else { throw failure(.tooDeep) }
        depth += 1
        position += 1
        skipWhitespace()
    }

    /// Leaves an array or an object that ends before its first item.
    private mutating func closes(with end: UInt8) throws(JSONSyntaxError) -> Bool {
        guard try byte() == end else { return false }
        depth -= 1
        position += 1
        return true
    }

    /// Moves over a comma to the next item, or leaves the array or object.
    private mutating func continues(until end: UInt8) throws(JSONSyntaxError) -> Bool {
        if try closes(with: end) { return false }
        try expect(UInt8(ascii: ","))
        skipWhitespace()
        return true
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONNumber {
        let start = position
        var scanner = NumberScanner(bytes: bytes, position: start)
        let problem = scanner.scan()
        position = scanner.position
        if let problem {
            throw failure(problem == .invalidNumber && position == bytes.count ? .unexpectedEnd : problem)
        }
        let text = UnsafeBufferPointer(rebasing: bytes[start..<position])
        guard text.count <= limits.maximumNumberBytes else { throw failure(.numberTooLong, at: start) }
        if scanner.isInteger, text.count < 19, let value = Self.integer(text) { return JSONNumber(value) }
        return JSONNumber(validated: String(decoding: text, as: UTF8.self))
    }

    /// The value of at most 18 digits, unless it is a negative zero, which no integer can express.
    private static func integer(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        var value: Int64 = 0
        let isNegative = text[0] == UInt8(ascii: "-")
        for byte in text[(isNegative ? 1 : 0)...] { value = value &* 10 &+ Int64(byte &- UInt8(ascii: "0")) }
        if isNegative { return value == 0 ? nil : -value }
        return value
    }

    private mutating func literal(_ text: StaticString) throws(JSONSyntaxError) {
        for place in 0..<text.utf8CodeUnitCount { try expect(text.utf8Start[place]) }
    }

    /// The byte here.
    func byte() throws(JSONSyntaxError) -> UInt8 {
        guard position < bytes.count else { throw failure(.unexpectedEnd) }
        return bytes[position]
    }

    private mutating func expect(_ expected: UInt8) throws(JSONSyntaxError) {
        guard try byte() == expected else { throw failure(.unexpectedByte) }
        position += 1
    }

    private mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    func failure(_ kind: JSONSyntaxError.Kind, at offset: Int? = nil) -> JSONSyntaxError {
        JSONSyntaxError(kind, at: offset ?? position, in: bytes)
    }
}
