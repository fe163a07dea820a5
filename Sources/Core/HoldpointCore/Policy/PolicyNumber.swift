import JSON

/// Numbers of policies.
enum PolicyNumber {
    private static let zero = JSONNumber(Int64(0))
    private static let one = JSONNumber(Int64(1))

    /// A number from 0 to 1; nil for anything else.
    static func share(_ value: JSONValue) -> JSONNumber? {
        guard case .number(let number) = value, !(number < zero), !(one < number) else { return nil }
        return number
    }

    /// An amount in millionths, so that sums are exact; nil for what has more decimals or is too large to be added up.
    static func millionths(_ value: JSONValue) -> Int64? {
        guard case .number(let number) = value, let amount = number.scaled(byPowerOfTen: 6),
            amount.magnitude <= 1 << 60
        else { return nil }
        return amount
    }
}
