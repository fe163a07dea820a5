/// A decimal number of any length in one normal form: `0.d1d2d3… × 10^exponent`, without zeros at either end.
struct Decimal: Hashable {
    let isNegative: Bool
    /// Values 0 to 9, most significant first; empty for zero.
    let digits: [UInt8]
    let exponent: Int

    var isZero: Bool { digits.isEmpty }

    /// Whether there is nothing behind the decimal point.
    var isWhole: Bool { digits.count <= exponent || isZero }

    /// Reads text that is known to follow the grammar of a JSON number.
    init(validated text: String) {
        var isNegative = false
        var digits: [UInt8] = []
        var pointAt: Int?
        var exponent = 0
        var exponentIsNegative = false
        var inExponent = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "-"):
                if inExponent { exponentIsNegative = true } else { isNegative = true }
            case UInt8(ascii: "+"): break
            case UInt8(ascii: "."): pointAt = digits.count
            case UInt8(ascii: "e"), UInt8(ascii: "E"): inExponent = true
            default:
                let digit = byte &- UInt8(ascii: "0")
                if inExponent { exponent = exponent * 10 + Int(digit) } else { digits.append(digit) }
            }
        }
        let shift = exponentIsNegative ? -exponent : exponent
        self.init(isNegative: isNegative, digits: digits, exponent: (pointAt ?? digits.count) + shift)
    }

    /// Brings digits, with the decimal point before the first of them, into the normal form.
    private init(isNegative: Bool, digits: [UInt8], exponent: Int) {
        let leading = digits.prefix { $0 == 0 }.count
        let trailing = digits.reversed().prefix { $0 == 0 }.count
        if leading == digits.count {
            self.isNegative = false
            self.digits = []
            self.exponent = 0
        } else {
            self.isNegative = isNegative
            self.digits = Array(digits[leading..<(digits.count - trailing)])
            self.exponent = exponent - leading
        }
    }

    /// The value, if it is whole and fits.
    var int64: Int64? { int64(timesTenTo: 0) }

    /// The value times a power of ten, if that is whole and fits.
    func int64(timesTenTo power: Int) -> Int64? {
        let exponent = exponent + (isZero ? 0 : power)
        guard digits.count <= exponent || isZero, exponent <= 19 else { return nil }
        var value: Int64 = 0
        for place in 0..<max(exponent, 0) {
            let digit = Int64(place < digits.count ? digits[place] : 0)
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowOfSum) =
                isNegative ? tenfold.subtractingReportingOverflow(digit) : tenfold.addingReportingOverflow(digit)
            if overflow || overflowOfSum { return nil }
            value = sum
        }
        return value
    }
}

extension Decimal: Comparable {
    static func < (left: Decimal, right: Decimal) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative
            ? right.isSmallerInMagnitude(than: left) : left.isSmallerInMagnitude(than: right)
    }

    private func isSmallerInMagnitude(than other: Decimal) -> Bool {
        if isZero || other.isZero { return isZero && !other.isZero }
        if exponent != other.exponent { return exponent < other.exponent }
        return digits.lexicographicallyPrecedes(other.digits)
    }
}
