package import JSON

extension JSONWriter {
    /// Writes a member whose value is text.
    package mutating func member(_ key: StaticString, _ text: String) {
        self.key(plain: key)
        string(text)
    }

    /// Writes a member whose key comes from outside and whose value is text.
    package mutating func member(named key: String, _ text: String) {
        self.key(key)
        string(text)
    }

    /// Writes a member whose value is text or null.
    package mutating func member(_ key: StaticString, _ text: String?) {
        self.key(plain: key)
        if let text { string(text) } else { null() }
    }

    /// Writes a member whose value is true or false.
    package mutating func member(_ key: StaticString, _ flag: Bool) {
        self.key(plain: key)
        bool(flag)
    }

    /// Writes a member whose value is an integer.
    package mutating func member(_ key: StaticString, _ number: Int64) {
        self.key(plain: key)
        integer(number)
    }

    /// Writes a member whose value is JSON or null.
    package mutating func member(_ key: StaticString, _ value: JSONValue?) {
        self.key(plain: key)
        if let value { self.value(value) } else { null() }
    }

    /// Writes a member whose value is a time in RFC 3339, or null.
    package mutating func member(_ key: StaticString, _ time: Timestamp?) {
        member(key, time?.description)
    }

    /// Writes a member whose value is an object of texts, in the order of its keys.
    package mutating func member(_ key: StaticString, _ labels: [String: String]) {
        self.key(plain: key)
        beginObject()
        for (name, value) in labels.sorted(by: { $0.key < $1.key }) { member(named: name, value) }
        endObject()
    }
}
