extension PatternParser {
    /// What an escape stands for.
    private enum Escaped {
        case scalar(UInt32)
        case set(ScalarSet)
    }

    /// Reads what follows a backslash outside of a class.
    mutating func escapedTerm() throws(JSONPatternError) -> PatternNode {
        switch peek() {
        case "b":
            _ = pop()
            return .assertion(.wordBoundary)
        case "B":
            _ = pop()
            return .assertion(.noWordBoundary)
        case let scalar? where scalar == "k" || ("1"..."9").contains(scalar):
            throw failure("back-references are not supported")
        default:
            switch try escaped() {
            case .scalar(let value): return .scalar(value)
            case .set(let set): return .set(set)
            }
        }
    }

    /// Reads a class whose opening bracket has been read.
    mutating func characterClass() throws(JSONPatternError) -> ScalarSet {
        var set = ScalarSet(members: [], isNegated: take("^"))
        while !take("]") {
            let start = position
            switch try classAtom() {
            case .set(let inner):
                set.members.append(.set(inner))
            case .scalar(let low):
                let dash = position
                guard take("-"), let next = peek(), next != "]" else {
                    rewind(to: dash)
                    set.members.append(.range(low...low))
                    continue
                }
                guard case .scalar(let high) = try classAtom() else {
                    throw failure("a range needs a single character at each end", at: start)
                }
                guard low <= high else { throw failure("the range is in the wrong order", at: start) }
                set.members.append(.range(low...high))
            }
        }
        return set
    }

    private mutating func classAtom() throws(JSONPatternError) -> Escaped {
        guard let scalar = pop() else { throw failure("a class is not closed") }
        guard scalar == "\\" else { return .scalar(scalar.value) }
        if take("b") { return .scalar(0x08) }
        return try escaped()
    }

    private mutating func escaped() throws(JSONPatternError) -> Escaped {
        let start = position
        guard let scalar = pop() else { throw failure("the pattern ends after a backslash") }
        switch scalar {
        case "d": return .set(.digits)
        case "D": return .set(ScalarSet.digits.complement)
        case "w": return .set(.word)
        case "W": return .set(ScalarSet.word.complement)
        case "s": return .set(.space)
        case "S": return .set(ScalarSet.space.complement)
        case "p", "P": return .set(try property(isNegated: scalar == "P"))
        case "t": return .scalar(0x09)
        case "n": return .scalar(0x0A)
        case "v": return .scalar(0x0B)
        case "f": return .scalar(0x0C)
        case "r": return .scalar(0x0D)
        case "c": return .scalar(try control())
        case "x": return .scalar(try hexadecimal(digits: 2))
        case "u": return .scalar(try unicode())
        case "0":
            if let next = peek(), ScalarSet.digits.contains(next.value) {
                throw failure("octal escapes are not supported", at: start)
            }
            return .scalar(0)
        default:
            guard scalar.isASCII, !ScalarSet.word.contains(scalar.value) || scalar == "_" else {
                throw failure("this escape is not known", at: start)
            }
            return .scalar(scalar.value)
        }
    }

    private mutating func property(isNegated: Bool) throws(JSONPatternError) -> ScalarSet {
        let start = position
        guard take("{") else { throw failure("a property's name stands in braces") }
        var name = ""
        while let scalar = pop(), scalar != "}" { name.unicodeScalars.append(scalar) }
        guard let property = ScalarProperty(named: name) else {
            throw failure("this property is not supported", at: start)
        }
        return ScalarSet(members: [.property(property)], isNegated: isNegated)
    }

    private mutating func control() throws(JSONPatternError) -> UInt32 {
        guard let letter = pop(), letter.isASCII, letter.properties.isAlphabetic else {
            throw failure("a control escape needs a letter")
        }
        return letter.value & 31
    }

    private mutating func unicode() throws(JSONPatternError) -> UInt32 {
        let start = position
        let value: UInt32
        if take("{") {
            value = try hexadecimal(digits: 1...6)
            guard take("}") else { throw failure("a code is not closed") }
        } else {
            let high = try hexadecimal(digits: 4)
            let next = position
            if high & 0xFC00 == 0xD800, take("\\"), take("u"), let low = try? hexadecimal(digits: 4),
                low & 0xFC00 == 0xDC00
            {
                value = 0x10000 + (high & 0x3FF) << 10 + (low & 0x3FF)
            } else {
                rewind(to: next)
                value = high
            }
        }
        guard value <= 0x10FFFF else { throw failure("there is no such character", at: start) }
        return value
    }

    private mutating func hexadecimal(digits: Int) throws(JSONPatternError) -> UInt32 {
        try hexadecimal(digits: digits...digits)
    }

    private mutating func hexadecimal(digits: ClosedRange<Int>) throws(JSONPatternError) -> UInt32 {
        var value: UInt32 = 0
        var count = 0
        while count < digits.upperBound, let scalar = peek(), scalar.isASCII,
            let digit = Character(scalar).hexDigitValue
        {
            value = value << 4 | UInt32(digit)
            count += 1
            _ = pop()
        }
        guard digits.contains(count) else { throw failure("a code needs hexadecimal digits") }
        return value
    }
}
