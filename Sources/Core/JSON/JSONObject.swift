/// The members of a JSON object in the order in which they were written, each key once.
package struct JSONObject: Sendable {
    /// Objects with more members than this look keys up in an index.
    static let unindexedCount = 32

    fileprivate struct Entry: Sendable, Hashable {
        let key: ExactKey
        var value: JSONValue
    }

    private var entries: [Entry] = []
    private var index: [ExactKey: Int]?

    /// Makes an empty object.
    package init() {}

    /// Makes an object of these members; a key that comes again replaces the earlier value and keeps its place.
    package init(_ entries: [(String, JSONValue)]) {
        self.entries.reserveCapacity(entries.count)
        for (key, value) in entries { self[key] = value }
    }

    /// The number of members.
    package var count: Int { entries.count }

    /// Whether there is no member.
    package var isEmpty: Bool { entries.isEmpty }

    /// The keys in order.
    package var keys: [String] { entries.map(\.key.text) }

    /// The value of a key; setting `nil` removes the member, setting an existing key keeps its place.
    package subscript(_ key: String) -> JSONValue? {
        get { position(of: ExactKey(text: key)).map { entries[$0].value } }
        set {
            let exact = ExactKey(text: key)
            switch (position(of: exact), newValue) {
            case (let position?, let value?):
                entries[position].value = value
            case (let position?, nil):
                entries.remove(at: position)
                rebuildIndex()
            case (nil, let value?):
                append(exact, value)
            case (nil, nil):
                break
            }
        }
    }

    /// Appends a member unless its key is there already; returns whether it did.
    mutating func insert(_ key: String, _ value: JSONValue) -> Bool {
        let exact = ExactKey(text: key)
        guard position(of: exact) == nil else { return false }
        append(exact, value)
        return true
    }

    /// Whether there is a member of that key.
    package func contains(_ key: String) -> Bool { position(of: ExactKey(text: key)) != nil }

    /// Appends the object as `JSONValue.write(into:)` does.
    func write(into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for place in entries.indices {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            JSONText.append(entries[place].key.text, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            entries[place].value.write(into: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    mutating func reserveCapacity(_ count: Int) { entries.reserveCapacity(count) }

    private func position(of key: ExactKey) -> Int? {
        if let index { return index[key] }
        return entries.firstIndex { $0.key == key }
    }

    private mutating func append(_ key: ExactKey, _ value: JSONValue) {
        entries.append(Entry(key: key, value: value))
        if index != nil {
            index?[key] = entries.count - 1
        } else if entries.count > Self.unindexedCount {
            rebuildIndex()
        }
    }

    private mutating func rebuildIndex() {
        guard entries.count > Self.unindexedCount else {
            index = nil
            return
        }
        var fresh: [ExactKey: Int] = [:]
        fresh.reserveCapacity(entries.count)
        for (position, entry) in entries.enumerated() { fresh[entry.key] = position }
        index = fresh
    }
}

extension JSONObject: Hashable {
    /// Compares members and their order.
    package static func == (left: JSONObject, right: JSONObject) -> Bool { left.entries == right.entries }

    /// Feeds members in order to the hasher.
    package func hash(into hasher: inout Hasher) { hasher.combine(entries) }
}

extension JSONObject: Sequence {
    /// Walks the members in order.
    package struct Iterator: IteratorProtocol {
        private let entries: [Entry]
        private var position = 0

        fileprivate init(_ entries: [Entry]) { self.entries = entries }

        /// The next member.
        package mutating func next() -> (key: String, value: JSONValue)? {
            guard position < entries.count else { return nil }
            defer { position += 1 }
            return (entries[position].key.text, entries[position].value)
        }
    }

    /// Walks the members in order.
    package func makeIterator() -> Iterator { Iterator(entries) }

    /// The number of members.
    package var underestimatedCount: Int { entries.count }
}
