import JSON

/// A value of a document in which strings of the form `${ … }` are expressions.
struct Template: Sendable, Equatable {
    fileprivate indirect enum Node: Sendable, Equatable {
        case literal(JSONValue)
        case hole(Int)
        case array([Node])
        case object([Member])
    }

    fileprivate struct Member: Sendable, Equatable {
        let key: String
        let node: Node
    }

    private let node: Node
    /// The expressions in the order of the text.
    let expressions: [ExpressionProgram]

    /// Reads a value; `placed` gets each expression and `violations` each one that is refused, with their places.
    init(
        _ value: JSONValue, arguments: Set<String>, at pointer: JSONPointer, placed: inout [PlacedExpression],
        violations: inout [JSONViolation]
    ) {
        var reading = Reading(arguments: arguments)
        node = reading.read(value, pointer)
        expressions = reading.placed.map(\.program)
        placed += reading.placed
        violations += reading.violations
    }

    /// One expression that gives the whole value.
    init(_ expression: ExpressionProgram) {
        node = .hole(0)
        expressions = [expression]
    }

    /// The value with the holes filled, in their order.
    func filled(with values: [JSONValue]) -> JSONValue { Self.fill(node, values) }

    /// The text within `${ }`; nil for text that is no expression.
    static func enclosed(in text: String) -> String? {
        let trimmed = trim(text.unicodeScalars[...])
        guard trimmed.starts(with: "${".unicodeScalars), trimmed.last == "}" else { return nil }
        let inner = trim(trimmed.dropFirst(2).dropLast())
        return inner.isEmpty ? nil : String(inner)
    }

    private static func trim(_ text: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
        var rest = text
        while let first = rest.first, first.properties.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.properties.isWhitespace { rest.removeLast() }
        return rest
    }

    private struct Reading {
        let arguments: Set<String>
        var placed: [PlacedExpression] = []
        var violations: [JSONViolation] = []

        mutating func read(_ value: JSONValue, _ pointer: JSONPointer) -> Node {
            let before = placed.count
            switch value {
            case .null, .bool, .number: return .literal(value)
            case .string(let text):
                guard let inner = Template.enclosed(in: text) else { return .literal(value) }
                return hole(inner, pointer)
            case .array(let items):
                var nodes: [Node] = []
                for (index, item) in items.enumerated() { nodes.append(read(item, pointer.appending(index))) }
                return placed.count == before ? .literal(value) : .array(nodes)
            case .object(let object):
                var members: [Member] = []
                for (key, item) in object {
                    members.append(Member(key: key, node: read(item, pointer.appending(key))))
                }
                return placed.count == before ? .literal(value) : .object(members)
            }
        }

        private mutating func hole(_ text: String, _ pointer: JSONPointer) -> Node {
            do {
                let program = try RuntimeArguments.program(text, names: arguments)
                placed.append(PlacedExpression(program: program, pointer: pointer))
                return .hole(placed.count - 1)
            } catch {
                violations.append(JSONViolation(pointer: pointer, detail: error.detail))
                return .literal(.null)
            }
        }
    }

    private static func fill(_ node: Node, _ values: [JSONValue]) -> JSONValue {
        switch node {
        case .literal(let value): value
        case .hole(let index): index < values.count ? values[index] : .null
        case .array(let nodes): .array(nodes.map { fill($0, values) })
        case .object(let members): .object(JSONObject(members.map { ($0.key, fill($0.node, values)) }))
        }
    }
}
