package import JSON

extension JSONValue {
    /// The place of a number in it that a double cannot hold; nil if all can be held.
    package var inexactNumber: JSONPointer? {
        wayToInexactNumber?.reversed().reduce(.root) { $0.appending($1) }
    }

    /// The keys and indices from such a number out to the root.
    private var wayToInexactNumber: [String]? {
        switch self {
        case .null, .bool, .string: return nil
        case .number(let number): return number.survivesDouble ? nil : []
        case .array(let items):
            for (index, item) in items.enumerated() {
                if let way = item.wayToInexactNumber { return way + [String(index)] }
            }
            return nil
        case .object(let object):
            for (key, value) in object {
                if let way = value.wayToInexactNumber { return way + [key] }
            }
            return nil
        }
    }
}
