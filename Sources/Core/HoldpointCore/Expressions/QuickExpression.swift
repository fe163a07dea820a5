import JSON

/// An expression that is evaluated here: a literal, or a path of keys and indices from the input or an argument.
struct QuickExpression: Sendable, Hashable {
    private enum Origin: Hashable {
        case literal(JSONValue)
        case input
        case argument(String)
    }

    private enum Step: Hashable {
        case key(String)
        case index(Int)
    }

    private let origin: Origin
    private let steps: [Step]

    /// Recognizes a program by its words; nil if it is anything more than a literal or a path.
    init?(_ tokens: [JQToken], arguments: Set<String>) {
        var rest = tokens[...]
        guard let first = rest.popFirst() else { return nil }
        if let literal = Self.literal(first, rest) {
            origin = .literal(literal)
            steps = []
            return
        }
        var steps: [Step] = []
        switch first.kind {
        case .variable(let name):
            guard arguments.contains(name) else { return nil }
            origin = .argument(name)
        case .field(let name):
            origin = .input
            steps.append(.key(name))
        case .mark(UInt8(ascii: ".")):
            origin = .input
            // `."key"`: the dot belongs to the string; alone it is the input itself.
            if case .string(let bytes)? = rest.first?.kind {
                guard let key = Self.string(bytes) else { return nil }
                steps.append(.key(key))
                rest.removeFirst()
            }
        default: return nil
        }
        while !rest.isEmpty {
            guard let step = Self.takeStep(from: &rest) else { return nil }
            steps.append(step)
        }
        self.steps = steps
    }

    private static func takeStep(from rest: inout ArraySlice<JQToken>) -> Step? {
        guard let first = rest.popFirst() else { return nil }
        switch first.kind {
        case .field(let name): return .key(name)
        case .mark(UInt8(ascii: ".")):
            guard case .string(let bytes)? = rest.popFirst()?.kind else { return nil }
            return string(bytes).map { .key($0) }
        case .mark(UInt8(ascii: "[")):
            guard let end = rest.firstIndex(where: { $0.isMark("]") }) else { return nil }
            let inside = rest[..<end]
            rest = rest[(end + 1)...]
            guard let inner = inside.first, let value = literal(inner, inside.dropFirst()) else { return nil }
            switch value {
            case .string(let key): return .key(key)
            case .number(let number):
                // Beyond 32 bits jq turns over in ways of its own.
                return number.int64.flatMap { Int32(exactly: $0) }.map { .index(Int($0)) }
            default: return nil
            }
        default: return nil
        }
    }

    private static func literal(_ first: JQToken, _ rest: ArraySlice<JQToken>) -> JSONValue? {
        if first.isMark("-") {
            guard rest.count == 1, case .number(let digits)? = rest.first?.kind else { return nil }
            return number("-" + digits).map { .number($0) }
        }
        guard rest.isEmpty else { return nil }
        switch first.kind {
        case .number(let digits): return number(digits).map { .number($0) }
        case .string(let bytes): return string(bytes).map { .string($0) }
        case .name("null"): return .null
        case .name("true"): return .bool(true)
        case .name("false"): return .bool(false)
        default: return nil
        }
    }

    /// The number that jq reads there, which may lack digits on one side of the point and have zeros too many; nil if a
    /// double cannot hold it.
    static func number(_ text: String) -> JSONNumber? {
        var digits = text[...]
        var normal = ""
        if digits.first == "-" { normal.append(digits.removeFirst()) }
        let whole = digits.prefix { $0.isNumber }
        digits.removeFirst(whole.count)
        let significant = whole.drop { $0 == "0" }
        normal += significant.isEmpty ? "0" : significant
        if digits.first == "." {
            digits.removeFirst()
            let fraction = digits.prefix { $0.isNumber }
            digits.removeFirst(fraction.count)
            if !fraction.isEmpty { normal += "." + fraction }
        }
        normal += digits
        guard let number = JSONNumber(text: normal), number.survivesDouble else { return nil }
        return number.int64.map { JSONNumber($0) } ?? number
    }

    /// What stands between quotes; nil for what JSON would not accept, which is left to jq.
    private static func string(_ bytes: [UInt8]) -> String? {
        let quote = UInt8(ascii: "\"")
        let limits = JSONLimits(maximumBytes: bytes.count + 2)
        do {
            return try JSONParser.parse([quote] + bytes + [quote], limits: limits).stringValue
        } catch {
            return nil
        }
    }

    /// The value at the end of the path, as jq finds it: nothing in `null`, an error in what has no such parts.
    func outcome(input: JSONValue, arguments: JSONObject) -> ExpressionOutcome {
        var value =
            switch origin {
            case .literal(let literal): literal
            case .input: input
            case .argument(let name): arguments[name] ?? .null
            }
        for step in steps {
            switch (value, step) {
            case (.null, _): return .value(.null)
            case (.object(let object), .key(let key)): value = object[key] ?? .null
            case (.array(let items), .index(let index)):
                let place = index < 0 ? items.count + index : index
                value = items.indices.contains(place) ? items[place] : .null
            case (_, .key(let key)):
                return .failure(
                    ExpressionFailure(.failed, "Cannot index \(Self.kind(of: value)) with string \"\(key)\""))
            case (_, .index):
                return .failure(ExpressionFailure(.failed, "Cannot index \(Self.kind(of: value)) with number"))
            }
        }
        return .value(value)
    }

    private static func kind(of value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
