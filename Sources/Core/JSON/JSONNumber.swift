/// An exact JSON number: its decimal text, kept as an integer where that is the same text.
///
/// `==` compares texts (`1` is not `1.0`); `isEquivalent(to:)` and `<` compare values.
package struct JSONNumber: Sendable, Hashable {
    /// The number of digits that an exponent may have, leading zeros aside; keeps all arithmetic on exponents exact.
    package static let maximumExponentDigits = 10

    private enum Storage: Sendable, Hashable {
        case integer(Int64)
        case text(String)
    }

    private let storage: Storage

    /// Makes a whole number.
    package init(_ value: Int64) { storage = .integer(value) }

    /// Makes the number whose shortest decimal text is that of the double; `nil` for an infinity or no number.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        self.init(text: value.description)
    }

    /// Reads text by the grammar of RFC 8259, section 6; `nil` for anything else or an exponent with too many digits.
    package init?(text: String) {
        let end = text.withBytes { bytes in
            var scanner = NumberScanner(bytes: bytes, position: 0)
            return scanner.scan() == nil ? scanner.position : nil
        }
        guard let end, end == text.utf8.count else { return nil }
        self.init(validated: text)
    }

    /// Keeps text that is known to follow the grammar.
    init(validated text: String) {
        if let value = Int64(text), text.utf8.count < 20, text != "-0" {
            storage = .integer(value)
        } else {
            storage = .text(text)
        }
    }

    /// The decimal text as it was read.
    package var text: String {
        switch storage {
        case .integer(let value): String(value)
        case .text(let text): text
        }
    }

    /// The exact value, if it is whole and fits; `1.0` and `1e3` are whole.
    package var int64: Int64? {
        switch storage {
        case .integer(let value): value
        case .text: decimal.int64
        }
    }

    /// The value times a power of ten from 1 to 18, if that is whole and fits.
    package func scaled(byPowerOfTen power: Int) -> Int64? { decimal.int64(timesTenTo: power) }

    /// The integer that the text is the canonical form of.
    var integer: Int64? {
        if case .integer(let value) = storage { value } else { nil }
    }

    /// The nearest double; infinite where the number is beyond its range.
    package var double: Double {
        switch storage {
        case .integer(let value): Double(value)
        case .text(let text): Double(text) ?? .nan
        }
    }

    /// Whether the value is that of the shortest decimal text of the nearest double.
    ///
    /// `0.1` survives, `9007199254740993` does not.
    package var survivesDouble: Bool {
        if case .integer(let value) = storage, value.magnitude <= 1 << 53 { return true }
        let nearest = double
        return nearest.isFinite && Decimal(validated: nearest.description) == decimal
    }

    /// Whether there is nothing behind the decimal point.
    package var isWhole: Bool {
        switch storage {
        case .integer: true
        case .text: decimal.isWhole
        }
    }

    /// Whether both have the same value.
    package func isEquivalent(to other: JSONNumber) -> Bool {
        self == other || (integer == nil || other.integer == nil) && decimal == other.decimal
    }

    /// Compares values exactly.
    package static func < (left: JSONNumber, right: JSONNumber) -> Bool {
        if let left = left.integer, let right = right.integer { return left < right }
        return left.decimal < right.decimal
    }

    var decimal: Decimal { Decimal(validated: text) }
}
