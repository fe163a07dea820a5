/// A set of Unicode scalars, as a class in a pattern names them.
struct ScalarSet: Sendable {
    /// One way to be in the set.
    enum Member: Sendable {
        case range(ClosedRange<UInt32>)
        case property(ScalarProperty)
        indirect case set(ScalarSet)
    }

    var members: [Member]
    var isNegated = false

    /// The work that one look-up is worth, in steps.
    var cost: Int { 1 + members.count / 8 }

    func contains(_ scalar: UInt32) -> Bool {
        members.contains { $0.contains(scalar) } != isNegated
    }

    static let digits = ScalarSet(members: [.range(0x30...0x39)])
    static let word = ScalarSet(members: [
        .range(0x30...0x39), .range(0x41...0x5A), .range(0x5F...0x5F), .range(0x61...0x7A),
    ])
    static let lineEnds = ScalarSet(members: [.range(0x0A...0x0A), .range(0x0D...0x0D), .range(0x2028...0x2029)])
    /// ECMA-262, WhiteSpace and LineTerminator.
    static let space = ScalarSet(members: [
        .range(0x09...0x0D), .range(0x20...0x20), .range(0xA0...0xA0), .range(0x1680...0x1680),
        .range(0x2000...0x200A), .range(0x2028...0x2029), .range(0x202F...0x202F), .range(0x205F...0x205F),
        .range(0x3000...0x3000), .range(0xFEFF...0xFEFF),
    ])

    /// The opposite of a set.
    var complement: ScalarSet { ScalarSet(members: members, isNegated: !isNegated) }
}

extension ScalarSet.Member {
    func contains(_ scalar: UInt32) -> Bool {
        switch self {
        case .range(let range): range.contains(scalar)
        case .property(let property): property.holds(for: scalar)
        case .set(let set): set.contains(scalar)
        }
    }
}
