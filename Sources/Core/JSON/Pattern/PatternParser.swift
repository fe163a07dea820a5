/// Reads the text of a pattern into a tree.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private(set) var position = 0
    private var depth = 0

    init(_ text: String) throws(JSONPatternError) {
        scalars = Array(text.unicodeScalars)
        guard scalars.count <= JSONPattern.maximumLength else {
            throw JSONPatternError(
                offset: JSONPattern.maximumLength,
                detail: "a pattern has at most \(JSONPattern.maximumLength) characters")
        }
    }

    /// Reads all of it.
    mutating func pattern() throws(JSONPatternError) -> PatternNode {
        let node = try alternatives()
        if position < scalars.count { throw failure("there is no group to close") }
        return node
    }

    private mutating func alternatives() throws(JSONPatternError) -> PatternNode {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(JSONPatternError) -> PatternNode {
        var terms: [PatternNode] = []
        while let next = peek(), next != "|", next != ")" {
            let term = try self.term()
            terms.append(try quantified(term))
        }
        return terms.count == 1 ? terms[0] : .sequence(terms)
    }

    private mutating func term() throws(JSONPatternError) -> PatternNode {
        let start = position
        guard let scalar = pop() else { throw failure("the pattern ends too early") }
        switch scalar {
        case "^": return .assertion(.start)
        case "$": return .assertion(.end)
        case ".": return .set(ScalarSet.lineEnds.complement)
        case "(": return try group()
        case "[": return .set(try characterClass())
        case "\\": return try escapedTerm()
        case "*", "+", "?":
            throw failure("there is nothing to repeat", at: start)
        case "{":
            position = start
            if try counts() != nil { throw failure("there is nothing to repeat", at: start) }
            position = start + 1
            return .scalar(scalar.value)
        default: return .scalar(scalar.value)
        }
    }

    private mutating func group() throws(JSONPatternError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= JSONPattern.maximumDepth else { throw failure("groups nest too deeply") }
        let look = try groupKind()
        let body = try alternatives()
        guard take(")") else { throw failure("a group is not closed") }
        return look.map { .look(body, $0) } ?? body
    }

    /// Reads what follows the parenthesis; returns the kind of look, nothing for a plain group.
    private mutating func groupKind() throws(JSONPatternError) -> PatternLook? {
        guard take("?") else { return nil }
        let kind = pop()
        switch (kind, peek()) {
        case (":", _): return nil
        case ("=", _): return PatternLook(isBehind: false, isNegative: false)
        case ("!", _): return PatternLook(isBehind: false, isNegative: true)
        case ("<", "="):
            position += 1
            return PatternLook(isBehind: true, isNegative: false)
        case ("<", "!"):
            position += 1
            return PatternLook(isBehind: true, isNegative: true)
        case ("<", _):
            let start = position
            while let scalar = peek(), ScalarSet.word.contains(scalar.value) || scalar == "$" || scalar.value > 0x7F {
                position += 1
            }
            guard position > start, take(">") else { throw failure("a group's name is not closed") }
            return nil
        default: throw failure("this kind of group is not supported", at: max(position - 1, 0))
        }
    }

    private mutating func quantified(_ term: PatternNode) throws(JSONPatternError) -> PatternNode {
        let start = position
        let bounds: (minimum: Int, maximum: Int?)
        switch peek() {
        case "*": bounds = (0, nil)
        case "+": bounds = (1, nil)
        case "?": bounds = (0, 1)
        case "{":
            guard let counts = try counts() else { return term }
            bounds = counts
            position -= 1
        default: return term
        }
        position += 1
        if case .assertion = term { throw failure("there is nothing to repeat", at: start) }
        _ = take("?")
        return .repetition(term, minimum: bounds.minimum, maximum: bounds.maximum)
    }

    /// Reads `{n}`, `{n,}` or `{n,m}`; anything else after the brace is plain text, and stays unread.
    private mutating func counts() throws(JSONPatternError) -> (minimum: Int, maximum: Int?)? {
        let start = position
        position += 1
        var maximum: Int?
        guard let minimum = number() else {
            position = start
            return nil
        }
        if take(",") { maximum = number() } else { maximum = minimum }
        guard take("}") else {
            position = start
            return nil
        }
        if let maximum, maximum < minimum { throw failure("the counts are in the wrong order", at: start) }
        return (minimum, maximum)
    }

    /// Reads decimal digits; a number beyond every limit stays just beyond it.
    private mutating func number() -> Int? {
        let start = position
        var value = 0
        while let scalar = peek(), ScalarSet.digits.contains(scalar.value) {
            value = min(value * 10 + Int(scalar.value - 0x30), JSONPattern.maximumInstructions + 1)
            position += 1
        }
        return position > start ? value : nil
    }

    func peek() -> Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    mutating func pop() -> Unicode.Scalar? {
        guard let scalar = peek() else { return nil }
        position += 1
        return scalar
    }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        position += 1
        return true
    }

    /// Goes back to an earlier place.
    mutating func rewind(to earlier: Int) { position = earlier }

    func failure(_ detail: String, at offset: Int? = nil) -> JSONPatternError {
        JSONPatternError(offset: offset ?? position, detail: detail)
    }
}
