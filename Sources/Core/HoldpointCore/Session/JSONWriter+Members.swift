package import JSON

extension JSONWriter {
    /// Writes a member whose value is text.
    package mutating func member(_ key: String, _ text: String) {
        self.key(key)
        string(text)
    }

    /// Writes a member whose value is text or null.
    package mutating func member(_ key: String, _ text: String?) {
        self.key(key)
        if let text { string(text) } else { null() }
    }

    /// Writes a member whose value is true or false.
    package mutating func member(_ key: String, _ flag: Bool) {
        self.key(key)
        bool(flag)
    }

    /// Writes a member whose value is an integer.
    package mutating func member(_ key: String, _ number: Int64) {
        self.key(key)
        integer(number)
    }

    /// Writes a member whose value is JSON or null.
    package mutating func member(_ key: String, _ value: JSONValue?) {
        self.key(key)
        if let value { self.value(value) } else { null() }
    }

    /// Writes a member whose value is a time in RFC 3339, or null.
    package mutating func member(_ key: String, _ time: Timestamp?) {
        member(key, time?.description)
    }

    /// Writes a member whose value is an object of texts, in the order of its keys.
    package mutating func member(_ key: String, _ labels: [String: String]) {
        self.key(key)
        beginObject()
        for (name, value) in labels.sorted(by: { $0.key < $1.key }) { member(name, value) }
        endObject()
    }
}
