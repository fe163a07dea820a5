/// The number of a `multipleOf`, for exact decimal arithmetic with bounded work.
struct SchemaDivisor: Sendable {
    /// A divisor has at most this many digits, zeros at its ends aside.
    static let maximumDigits = 18

    let number: JSONNumber
    /// The divisor is `digits × 10^scale`.
    private let digits: UInt64
    private let scale: Int

    /// Takes a number above zero; `nil` for any other, or one with too many digits.
    init?(_ number: JSONNumber) {
        let decimal = number.decimal
        guard !decimal.isZero, !decimal.isNegative, decimal.digits.count <= Self.maximumDigits else { return nil }
        self.number = number
        digits = decimal.digits.reduce(0) { $0 * 10 + UInt64($1) }
        scale = decimal.exponent - decimal.digits.count
    }

    /// Whether the value is a whole multiple.
    func divides(_ value: JSONNumber) -> Bool {
        let decimal = value.decimal
        if decimal.isZero { return true }
        let shift = decimal.exponent - decimal.digits.count - scale
        // Without zeros at their end, the digits of the value have no factor of ten to spare.
        guard shift >= 0 else { return false }
        let remainder = decimal.digits.reduce(0) { sum, digit in
            (multiply(sum, 10 % digits) + UInt64(digit) % digits) % digits
        }
        return multiply(remainder, powerOfTen(shift)) == 0
    }

    private func multiply(_ left: UInt64, _ right: UInt64) -> UInt64 {
        digits.dividingFullWidth(left.multipliedFullWidth(by: right)).remainder
    }

    /// `10^exponent` modulo the digits, by repeated squaring.
    private func powerOfTen(_ exponent: Int) -> UInt64 {
        var result = 1 % digits
        var base = 10 % digits
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = multiply(result, base) }
            base = multiply(base, base)
            rest >>= 1
        }
        return result
    }
}
