/// Why a value has no canonical form.
package enum CanonicalJSONError: Error, Sendable, Hashable {
    /// The number there would become another one as a double, so that two different values could share a digest.
    case undigestibleNumber(JSONPointer)
}

/// The canonical form of JSON (RFC 8785) that digests are taken of.
package enum CanonicalJSON {
    /// Encodes with keys in the order of their UTF-16 code units and numbers as ECMAScript prints doubles.
    ///
    /// Throws where a number does not survive a double.
    package static func encode(_ value: JSONValue) throws(CanonicalJSONError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        if let tokens = append(value, to: &bytes) {
            throw .undigestibleNumber(JSONPointer(tokens: tokens.reversed()))
        }
        return bytes
    }

    /// Returns the way out to the root from a number that cannot be digested, or nothing.
    private static func append(_ value: JSONValue, to bytes: inout [UInt8]) -> [String]? {
        switch value {
        case .null, .bool, .string:
            value.write(into: &bytes)
        case .number(let number):
            guard number.survivesDouble else { return [] }
            append(number, to: &bytes)
        case .array(let items):
            bytes.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                if let way = append(item, to: &bytes) { return way + [String(index)] }
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.sorted(by: { precedes($0.key, $1.key) }).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONText.append(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                if let way = append(member.value, to: &bytes) { return way + [member.key] }
            }
            bytes.append(UInt8(ascii: "}"))
        }
        return nil
    }

    /// The order of UTF-16 code units, read off UTF-8.
    ///
    /// Both orders agree except that surrogate pairs (four bytes, from 0xF0) come before U+E000 to U+FFFF (0xEE, 0xEF).
    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.withBytes { left in
            right.withBytes { right in
                for place in 0..<min(left.count, right.count) where left[place] != right[place] {
                    return utf16Rank(left[place]) < utf16Rank(right[place])
                }
                return left.count < right.count
            }
        }
    }

    private static func utf16Rank(_ byte: UInt8) -> Int {
        byte == 0xEE || byte == 0xEF ? Int(byte) + 0x100 : Int(byte)
    }

    private static func append(_ number: JSONNumber, to bytes: inout [UInt8]) {
        if let integer = number.integer {
            JSONText.append(integer, to: &bytes)
        } else {
            appendDecimal(number.decimal, to: &bytes)
        }
    }

    /// Prints as ECMA-262 does (Number::toString); the digits are the shortest, because the number survives a double.
    private static func appendDecimal(_ decimal: Decimal, to bytes: inout [UInt8]) {
        let zero = UInt8(ascii: "0")
        let point = UInt8(ascii: ".")
        let digits = decimal.digits.map { $0 + zero }
        if decimal.isZero { return bytes.append(zero) }
        if decimal.isNegative { bytes.append(UInt8(ascii: "-")) }
        switch decimal.exponent {
        case digits.count...21:
            bytes += digits
            bytes += Array(repeating: zero, count: decimal.exponent - digits.count)
        case 1...21:
            bytes += digits[..<decimal.exponent]
            bytes.append(point)
            bytes += digits[decimal.exponent...]
        case -5...0:
            bytes += [zero, point]
            bytes += Array(repeating: zero, count: -decimal.exponent)
            bytes += digits
        default:
            bytes.append(digits[0])
            if digits.count > 1 { bytes.append(point) }
            bytes += digits[1...]
            bytes.append(UInt8(ascii: "e"))
            bytes.append(decimal.exponent > 0 ? UInt8(ascii: "+") : UInt8(ascii: "-"))
            JSONText.append(Int64((decimal.exponent - 1).magnitude), to: &bytes)
        }
    }
}
