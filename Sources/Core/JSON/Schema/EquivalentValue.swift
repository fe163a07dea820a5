/// A value that is equal to all that mean the same, for sets of values.
struct EquivalentValue: Hashable {
    let value: JSONValue

    static func == (left: EquivalentValue, right: EquivalentValue) -> Bool { left.value.isEquivalent(to: right.value) }

    func hash(into hasher: inout Hasher) {
        switch value {
        case .null, .bool, .string: hasher.combine(value)
        case .number(let number): hasher.combine(number.decimal)
        case .array(let items):
            hasher.combine(items.count)
            for item in items { EquivalentValue(value: item).hash(into: &hasher) }
        case .object(let object):
            // A sum does not know the order of its terms.
            hasher.combine(
                object.reduce(into: object.count) { sum, member in
                    var inner = Hasher()
                    member.key.hashBytes(into: &inner)
                    EquivalentValue(value: member.value).hash(into: &inner)
                    sum &+= inner.finalize()
                })
        }
    }
}

extension JSONValue {
    /// The work of walking over the whole value, in steps.
    var weight: Int {
        switch self {
        case .null, .bool: 1
        case .number(let number): number.integer == nil ? 2 : 1
        case .string(let text): 1 + text.utf8.count / 64
        case .array(let items): items.reduce(1) { $0 + $1.weight }
        case .object(let object): object.reduce(1) { $0 + $1.key.utf8.count / 64 + $1.value.weight }
        }
    }
}
