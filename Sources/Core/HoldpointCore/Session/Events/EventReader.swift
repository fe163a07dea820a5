package import JSON

/// Reads the recorded `data` of an event, a snapshot or a stored command: strict, and without values in its errors.
package struct EventReader {
    private var reader: JSONObjectReader
    private let what: String

    private static let greatestCount: Int64 = (1 << 53) - 1
    private static let greatestByteCount: Int64 = 1 << 40

    package init(_ data: JSONValue, of what: String) {
        reader = JSONObjectReader(data)
        self.what = what
    }

    package mutating func text(_ key: String) -> String { reader.requiredString(key) ?? "" }

    package mutating func optionalText(_ key: String) -> String? {
        reader.optionalString(key, nullable: true)
    }

    package mutating func number(_ key: String) -> Int64 {
        reader.requiredInt64(key, range: Int64.min...Int64.max) ?? 0
    }

    /// What is counted from zero on, and so far from the end of the integers that it can be counted on from there.
    package mutating func count(_ key: String) -> Int64 {
        reader.requiredInt64(key, range: 0...Self.greatestCount) ?? 0
    }

    /// How many bytes something has in memory, which stays a number of bytes when thousands of them are added up.
    package mutating func byteCount(_ key: String) -> Int {
        Int(clamping: reader.requiredInt64(key, range: 0...Self.greatestByteCount) ?? 0)
    }

    package mutating func flag(_ key: String) -> Bool { reader.requiredBool(key) ?? false }

    package mutating func value(_ key: String) -> JSONValue { reader.requiredValue(key) ?? .null }

    package mutating func optionalValue(_ key: String) -> JSONValue? {
        reader.optionalValue(key)?.nonNull
    }

    /// The value of a member that may be missing, and that may be null when it is there.
    package mutating func presentValue(_ key: String) -> JSONValue? { reader.optionalValue(key) }

    /// A flag that is written only when it is true.
    package mutating func optionalFlag(_ key: String) -> Bool { reader.optionalBool(key) ?? false }

    package mutating func array(_ key: String) -> [JSONValue] { reader.requiredArray(key) ?? [] }

    package mutating func labels(_ key: String) -> [String: String] {
        Dictionary(
            (reader.stringMap(key) ?? []).map { ($0.key, $0.value) },
            uniquingKeysWith: { first, _ in first })
    }

    package mutating func principal(_ key: String) -> Principal { Principal(recorded: text(key)) }

    package mutating func optionalPrincipal(_ key: String) -> Principal? {
        optionalText(key).map { Principal(recorded: $0) }
    }

    package mutating func request(_ key: String) -> RequestID {
        parsed(key) { RequestID($0) }
            ?? RequestID(time: Timestamp(milliseconds: 0), random: Identifier128(high: 0, low: 0))
    }

    package mutating func key(_ key: String) -> SessionKey {
        SessionKey(parsed(key) { Identifier128(hexadecimal: $0) } ?? Identifier128(high: 0, low: 0))
    }

    package mutating func time(_ key: String) -> Timestamp {
        parsed(key) { Timestamp($0) } ?? Timestamp(milliseconds: 0)
    }

    package mutating func optionalTime(_ key: String) -> Timestamp? {
        guard let text = optionalText(key) else { return nil }
        guard let time = Timestamp(text) else {
            reader.fail(key, "is not of the form that was written")
            return nil
        }
        return time
    }

    /// Text that `convert` must understand.
    package mutating func parsed<Value>(_ key: String, _ convert: (String) -> Value?) -> Value? {
        guard let text = reader.requiredString(key) else { return nil }
        guard let value = convert(text) else {
            reader.fail(key, "is not of the form that was written")
            return nil
        }
        return value
    }

    /// Ends the reading; throws if anything was missing, of another form, or not read.
    package mutating func finish() throws(MalformedRecord) {
        let violations = reader.finish()
        if !violations.isEmpty { throw MalformedRecord(what: what, violations: violations) }
    }
}
