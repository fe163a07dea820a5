/// One validation: the walk over schema and value, its budget, and what it has found.
struct SchemaValidator {
    /// What the subschemas have evaluated of one object or array, by position; only kept if the schema asks for it.
    struct Evaluated {
        var positions: Set<Int> = []
    }

    private enum Token {
        case key(String)
        case index(Int)
    }

    /// Why a validation ends before its end.
    private enum Interruption: String {
        case steps = "could not be checked within the limit of steps"
        case nesting = "could not be checked within the limit of nesting"
        case violations
    }

    let schema: JSONSchema
    private var steps: Int
    private var nesting = 0
    private var interruption: Interruption?
    private var found: [JSONViolation] = []
    private var path: [Token] = []
    /// The resources that the walk came through, for `$dynamicRef`.
    private var scope: [Int] = []
    /// Above zero where a subschema is only asked whether it accepts.
    private var silence = 0

    init(schema: JSONSchema) {
        self.schema = schema
        steps = schema.limits.maximumSteps
    }

    /// Checks the value by the whole schema.
    mutating func violations(of value: JSONValue) -> [JSONViolation] {
        var evaluated = Evaluated()
        _ = check(schema.root, value, &evaluated)
        if let interruption, interruption != .violations {
            found.append(JSONViolation(pointer: .root, detail: interruption.rawValue))
        }
        return found
    }

    /// Whether the walk should end: nothing that it says counts any more.
    var isInterrupted: Bool { interruption != nil }

    /// Whether violations are looked for, rather than a mere yes or no.
    var isCollecting: Bool { silence == 0 && interruption == nil }

    /// Checks the same value by a subschema; what it evaluates counts if it accepts.
    mutating func check(_ node: Int, _ value: JSONValue, _ evaluated: inout Evaluated) -> Bool {
        guard nesting < schema.limits.maximumNesting else { return interrupt(.nesting) }
        nesting += 1
        defer { nesting -= 1 }
        let node = schema.nodes[node]
        let entersResource = scope.last != node.resource
        if entersResource { scope.append(node.resource) }
        defer { if entersResource { scope.removeLast() } }
        var own = Evaluated()
        var accepts = true
        for keyword in node.keywords {
            if keyword.isLast, !accepts { continue }
            guard spend(1) else { return false }
            if !apply(keyword, value, &own) {
                accepts = false
                if !isCollecting { return false }
            }
        }
        if accepts, schema.tracksEvaluation { merge(own, into: &evaluated) }
        return accepts
    }

    /// Checks an item or a member by a subschema.
    mutating func check(_ node: Int, item: JSONValue, at index: Int) -> Bool {
        path.append(.index(index))
        defer { path.removeLast() }
        var evaluated = Evaluated()
        return check(node, item, &evaluated)
    }

    /// Checks an item or a member by a subschema.
    mutating func check(_ node: Int, member: JSONValue, at key: String) -> Bool {
        path.append(.key(key))
        defer { path.removeLast() }
        var evaluated = Evaluated()
        return check(node, member, &evaluated)
    }

    /// Asks whether a subschema accepts, without collecting violations.
    mutating func accepts(_ node: Int, _ value: JSONValue, _ evaluated: inout Evaluated) -> Bool {
        silence += 1
        defer { silence -= 1 }
        return check(node, value, &evaluated)
    }

    /// Notes a violation here, or at a member of the object here; returns `false`.
    mutating func fail(_ detail: @autoclosure () -> String, at key: String? = nil) -> Bool {
        guard isCollecting else { return false }
        var tokens = path.map { token in
            switch token {
            case .key(let key): key
            case .index(let index): String(index)
            }
        }
        if let key { tokens.append(key) }
        found.append(JSONViolation(pointer: JSONPointer(tokens: tokens), detail: detail()))
        if found.count >= schema.limits.maximumViolations { interruption = .violations }
        return false
    }

    /// Takes steps off the budget; returns whether there are any left.
    mutating func spend(_ cost: Int) -> Bool {
        steps -= cost
        return steps > 0 ? !isInterrupted : interrupt(.steps)
    }

    /// Matches a text within the budget; `false` once that is used up, with the walk interrupted.
    mutating func matches(_ pattern: JSONPattern, _ text: String) -> Bool {
        pattern.matches(text, steps: &steps) ?? interrupt(.steps)
    }

    /// Notes that an item or a member, by its position, has been evaluated.
    mutating func mark(_ position: Int, _ evaluated: inout Evaluated) {
        if schema.tracksEvaluation { evaluated.positions.insert(position) }
    }

    private mutating func merge(_ inner: Evaluated, into outer: inout Evaluated) {
        _ = spend(inner.positions.count / 8)
        outer.positions.formUnion(inner.positions)
    }

    private mutating func interrupt(_ reason: Interruption) -> Bool {
        if interruption == nil { interruption = reason }
        return false
    }

    /// The target of a dynamic reference: the outermost resource in scope that has the anchor decides.
    mutating func target(of reference: SchemaDynamicReference) -> Int {
        guard let anchor = reference.anchor, spend(scope.count) else { return reference.target }
        for resource in scope {
            if let node = schema.dynamicAnchors[resource][anchor] { return node }
        }
        return reference.target
    }
}
