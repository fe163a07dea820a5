/// A pattern as a tree.
enum PatternNode: Sendable {
    case scalar(UInt32)
    case set(ScalarSet)
    case assertion(PatternAssertion)
    case sequence([PatternNode])
    case alternatives([PatternNode])
    indirect case look(PatternNode, PatternLook)
    indirect case repetition(PatternNode, minimum: Int, maximum: Int?)
}

/// What must hold between two characters.
enum PatternAssertion: Sendable {
    case start
    case end
    case wordBoundary
    case noWordBoundary
}

/// Which way a look goes and whether it must fail.
struct PatternLook: Sendable {
    let isBehind: Bool
    let isNegative: Bool
}
