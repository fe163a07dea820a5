/// Reads the fields of an object strictly and collects everything that does not fit.
///
/// Read each known field once, then call `finish()`: fields that nobody asked for are violations too. `null` stands for
/// a missing optional field only where `nullable` is set.
package struct JSONObjectReader {
    /// The number of violations that are kept; there may be more.
    package static let maximumViolations = 32

    /// The place of the object in its document.
    package let pointer: JSONPointer
    private let object: JSONObject
    /// A list, since there are few: to hash them all takes longer than to compare.
    private var known: [String] = []
    private var violations: [JSONViolation] = []

    /// Starts to read; a value that is no object is a violation, and reads as an empty object.
    package init(_ value: JSONValue, at pointer: JSONPointer = .root) {
        self.pointer = pointer
        object = value.objectValue ?? JSONObject()
        if value.objectValue == nil { add(JSONViolation(pointer: pointer, detail: "must be an object")) }
    }

    /// Whether nothing has been found wrong so far; unknown fields count only after `finish()`.
    package var isSound: Bool { violations.isEmpty }

    /// The place of a field.
    package func pointer(to key: String) -> JSONPointer { pointer.appending(key) }

    /// Adds a violation at a field.
    package mutating func fail(_ key: String, _ detail: String) {
        add(JSONViolation(pointer: pointer(to: key), detail: detail))
    }

    /// Adds violations found elsewhere, such as by a reader of a nested object.
    package mutating func add(_ found: [JSONViolation]) {
        for violation in found { add(violation) }
    }

    private mutating func add(_ violation: JSONViolation) {
        if violations.count < Self.maximumViolations { violations.append(violation) }
    }

    /// Returns all that is wrong, one violation for each unknown field included; empty if the object fits.
    package mutating func finish() -> [JSONViolation] {
        for (key, _) in object where !known.contains(where: { $0.hasSameBytes(as: key) }) { fail(key, "unknown field") }
        return violations
    }
}

extension JSONObjectReader {
    /// The field as it is; `null` is a value here.
    package mutating func optionalValue(_ key: String) -> JSONValue? {
        known.append(key)
        return object[key]
    }

    /// The field as it is; a violation where it is missing.
    package mutating func requiredValue(_ key: String) -> JSONValue? {
        let value = optionalValue(key)
        if value == nil, violations.first?.pointer != pointer { fail(key, "is required") }
        return value
    }

    /// A string; `maximumLength` is in Unicode scalars.
    package mutating func requiredString(_ key: String, maximumLength: Int? = nil) -> String? {
        requiredValue(key).flatMap { string($0, key, maximumLength) }
    }

    /// A string, if the field is there; `maximumLength` is in Unicode scalars.
    package mutating func optionalString(
        _ key: String, maximumLength: Int? = nil, nullable: Bool = false
    ) -> String? {
        optionalValue(key, nullable).flatMap { string($0, key, maximumLength) }
    }

    /// A boolean.
    package mutating func requiredBool(_ key: String) -> Bool? {
        requiredValue(key).flatMap { expect($0.boolValue, key, "must be true or false") }
    }

    /// A boolean, if the field is there.
    package mutating func optionalBool(_ key: String, nullable: Bool = false) -> Bool? {
        optionalValue(key, nullable).flatMap { expect($0.boolValue, key, "must be true or false") }
    }

    /// A whole number within the range.
    package mutating func requiredInt64(_ key: String, range: ClosedRange<Int64>) -> Int64? {
        requiredValue(key).flatMap { integer($0, key, range) }
    }

    /// A whole number within the range, if the field is there.
    package mutating func optionalInt64(
        _ key: String, range: ClosedRange<Int64>, nullable: Bool = false
    ) -> Int64? {
        optionalValue(key, nullable).flatMap { integer($0, key, range) }
    }

    /// An array.
    package mutating func requiredArray(_ key: String, maximumCount: Int? = nil) -> [JSONValue]? {
        requiredValue(key).flatMap { array($0, key, maximumCount) }
    }

    /// An array, if the field is there.
    package mutating func optionalArray(
        _ key: String, maximumCount: Int? = nil, nullable: Bool = false
    ) -> [JSONValue]? {
        optionalValue(key, nullable).flatMap { array($0, key, maximumCount) }
    }

    /// An object.
    package mutating func requiredObject(_ key: String) -> JSONObject? {
        requiredValue(key).flatMap { expect($0.objectValue, key, "must be an object") }
    }

    /// An object, if the field is there.
    package mutating func optionalObject(_ key: String, nullable: Bool = false) -> JSONObject? {
        optionalValue(key, nullable).flatMap { expect($0.objectValue, key, "must be an object") }
    }

    /// An object whose values are strings, such as labels, if the field is there; lengths are in Unicode scalars.
    package mutating func stringMap(
        _ key: String, maximumCount: Int? = nil, maximumKeyLength: Int? = nil, maximumLength: Int? = nil,
        nullable: Bool = false
    ) -> [(key: String, value: String)]? {
        guard let object = optionalObject(key, nullable: nullable) else { return nil }
        if let maximumCount, object.count > maximumCount {
            fail(key, "must have at most \(maximumCount) members")
            return nil
        }
        var pairs: [(key: String, value: String)] = []
        for (name, value) in object {
            let place = pointer(to: key).appending(name)
            if let maximumKeyLength, name.unicodeScalars.count > maximumKeyLength {
                add(JSONViolation(pointer: place, detail: "the name must have at most \(maximumKeyLength) characters"))
            } else if let problem = Self.problem(ofString: value, maximumLength) {
                add(JSONViolation(pointer: place, detail: problem))
            } else if case .string(let text) = value {
                pairs.append((name, text))
            }
        }
        return pairs.count == object.count ? pairs : nil
    }
}

extension JSONObjectReader {
    private mutating func optionalValue(_ key: String, _ nullable: Bool) -> JSONValue? {
        let value = optionalValue(key)
        return nullable && value == .null ? nil : value
    }

    private mutating func expect<Value>(_ value: Value?, _ key: String, _ detail: String) -> Value? {
        if value == nil { fail(key, detail) }
        return value
    }

    private mutating func string(_ value: JSONValue, _ key: String, _ maximumLength: Int?) -> String? {
        if let problem = Self.problem(ofString: value, maximumLength) {
            fail(key, problem)
            return nil
        }
        return value.stringValue
    }

    private static func problem(ofString value: JSONValue, _ maximumLength: Int?) -> String? {
        guard case .string(let text) = value else { return "must be a string" }
        guard let maximumLength, text.unicodeScalars.count > maximumLength else { return nil }
        return "must have at most \(maximumLength) characters"
    }

    private mutating func integer(_ value: JSONValue, _ key: String, _ range: ClosedRange<Int64>) -> Int64? {
        let number = value.int64Value.flatMap { range.contains($0) ? $0 : nil }
        return expect(number, key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }

    private mutating func array(_ value: JSONValue, _ key: String, _ maximumCount: Int?) -> [JSONValue]? {
        guard let items = expect(value.arrayValue, key, "must be an array") else { return nil }
        guard let maximumCount, items.count > maximumCount else { return items }
        fail(key, "must have at most \(maximumCount) items")
        return nil
    }
}
