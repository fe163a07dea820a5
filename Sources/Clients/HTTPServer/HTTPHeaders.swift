/// The header fields of a request or a response, in order, with names compared without regard to case.
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// One header line.
    package struct Field: Sendable, Equatable {
        /// The name as it was written.
        package let name: String
        /// The value without leading and trailing spaces; bytes that are not UTF-8 are replaced by U+FFFD.
        package let value: String
    }

    /// All lines, in the order in which they came or will be sent.
    package private(set) var fields: [Field] = []

    /// No fields.
    package init() {}

    /// Fields in the order in which they are written; a name may come more than once.
    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// The value of the first field of this name; assigning replaces all of them, assigning nil removes them.
    package subscript(name: String) -> String? {
        get { fields.first { Self.same($0.name, name) }?.value }
        set {
            fields.removeAll { Self.same($0.name, name) }
            if let newValue { add(name, newValue) }
        }
    }

    /// The values of all fields of this name, in order.
    package func values(_ name: String) -> [String] {
        fields.filter { Self.same($0.name, name) }.map(\.value)
    }

    /// Appends a field, also if there is one of this name already.
    package mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    mutating func reserve(_ count: Int) { fields.reserveCapacity(count) }

    /// Whether one of the comma-separated members of this field is `token`, without regard to case.
    func hasToken(_ token: String, in name: String) -> Bool {
        for field in fields where Self.same(field.name, name) {
            for member in field.value.split(separator: ",") {
                let trimmed = member.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
                if Self.same(trimmed, token) { return true }
            }
        }
        return false
    }

    /// Whether two names are the same but for the case of ASCII letters (RFC 9110, 5.1).
    static func same(_ left: some StringProtocol, _ right: some StringProtocol) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        let result = left.utf8.withContiguousStorageIfAvailable { left in
            right.utf8.withContiguousStorageIfAvailable { right in
                for index in left.indices where lowercase(left[index]) != lowercase(right[index]) { return false }
                return true
            }
        }
        return result.flatMap(\.self) ?? left.utf8.elementsEqual(right.utf8) { lowercase($0) == lowercase($1) }
    }

    static func lowercase(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }

    /// Whether every name is a token and no value has a control byte, so that a response cannot be split.
    var areSafe: Bool {
        fields.allSatisfy { field in
            !field.name.isEmpty && Self.all(field.name, HeadScanner.isTokenByte)
                && Self.all(field.value, HeadScanner.isValueByte)
        }
    }

    private static func all(_ text: String, _ isGood: (UInt8) -> Bool) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { $0.allSatisfy(isGood) } ?? text.utf8.allSatisfy(isGood)
    }
}
