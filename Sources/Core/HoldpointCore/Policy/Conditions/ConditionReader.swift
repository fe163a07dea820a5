import JSON

/// Reads the conditions of one rule, and counts them.
struct ConditionReader {
    private let rule: String
    private var left = PolicyLimits.conditions
    private(set) var violations: [JSONViolation] = []
    /// The policy's index, with what this rule looks at.
    private(set) var index: PolicyIndex

    init(rule: String, index: PolicyIndex) {
        self.rule = rule
        self.index = index
    }

    private static let subjects = [
        "argument", "label", "agent", "user", "time", "first_seen", "count", "sum", "all", "any", "not",
    ]

    /// Reads one condition; nil if anything in it was refused.
    mutating func read(_ value: JSONValue, at pointer: JSONPointer, depth: Int = 1) -> PolicyCondition? {
        left -= 1
        guard left >= 0, depth <= PolicyLimits.depth else {
            let bound = left < 0 ? "\(PolicyLimits.conditions) conditions" : "a depth of \(PolicyLimits.depth)"
            return refuse(pointer, "the rule has more than \(bound)")
        }
        guard let object = value.objectValue else { return refuse(pointer, "must be an object") }
        let named = Self.subjects.filter { object.contains($0) }
        // What is counted or summed names an argument within itself.
        guard let subject = named.first, named.count == 1 else {
            return refuse(pointer, "must have exactly one of \(Self.subjects.joined(separator: ", "))")
        }
        var reader = JSONObjectReader(value, at: pointer)
        let inner = reader.optionalValue(subject) ?? .null
        let condition = read(subject, inner, &reader, depth)
        violations += reader.finish()
        return condition
    }

    private mutating func read(
        _ subject: String, _ inner: JSONValue, _ reader: inout JSONObjectReader, _ depth: Int
    ) -> PolicyCondition? {
        let place = reader.pointer(to: subject)
        switch subject {
        case "argument":
            let pointer = self.pointer(inner, at: place)
            let test = ValueTest.read(from: &reader)
            guard let pointer, let test else { return nil }
            return .argument(index.number(of: pointer), pointer, test)
        case "label":
            let name = inner.stringValue
            if name == nil { refuse(place, "must be the name of a label") }
            let test = ValueTest.read(from: &reader, isText: true)
            return name.flatMap { name in test.map { .label(name, $0) } }
        case "agent": return Glob.readList(subject, from: &reader).map { .agent($0) }
        case "user": return Glob.readList(subject, from: &reader).map { .user($0) }
        case "time":
            do {
                return .time(try TimeRule.read(inner, at: place))
            } catch {
                violations += error.violations
                return nil
            }
        case "not": return read(inner, at: place, depth: depth + 1).map { .not($0) }
        case "all": return list(inner, at: place, depth).map { .all($0) }
        case "any": return list(inner, at: place, depth).map { .any($0) }
        default:
            guard let rule = counter(subject, inner, at: place) else { return nil }
            return .counter(index.number(of: rule), rule)
        }
    }

    private mutating func list(_ value: JSONValue, at place: JSONPointer, _ depth: Int) -> [PolicyCondition]? {
        guard let items = value.arrayValue, !items.isEmpty else {
            refuse(place, "must be a list of conditions")
            return nil
        }
        var conditions: [PolicyCondition] = []
        for (index, item) in items.enumerated() where left >= 0 {
            if let condition = read(item, at: place.appending(index), depth: depth + 1) { conditions.append(condition) }
        }
        return conditions.count == items.count ? conditions : nil
    }

    @discardableResult
    private mutating func refuse(_ pointer: JSONPointer, _ detail: String) -> PolicyCondition? {
        violations.append(JSONViolation(pointer: pointer, detail: detail))
        return nil
    }

    private mutating func pointer(_ value: JSONValue, at place: JSONPointer) -> JSONPointer? {
        guard let text = value.stringValue, let pointer = JSONPointer(parsing: text), !pointer.tokens.isEmpty else {
            refuse(place, "must be a JSON Pointer into the arguments, such as /amount")
            return nil
        }
        return pointer
    }
}

extension ConditionReader {
    /// Reads `{argument?, window?, per?, name?, gt? or gte?}` of a `first_seen`, a `count` or a `sum`.
    private mutating func counter(_ subject: String, _ value: JSONValue, at place: JSONPointer) -> CounterRule? {
        var reader = JSONObjectReader(value, at: place)
        let argument = subject == "count" ? nil : reader.requiredValue("argument")
        let name = reader.optionalString("name", maximumLength: PolicyLimits.nameLength) ?? rule
        let partitions = readPartitions(&reader)
        let window = subject == "first_seen" ? 0 : Self.readWindow(&reader)
        let bound = subject == "first_seen" ? (0, false) : Self.readBound(subject, &reader)
        let pointer = argument.flatMap { self.pointer($0, at: place.appending("argument")) }
        let found = reader.finish()
        violations += found
        guard found.isEmpty, let window, let bound else { return nil }
        let counted: CounterRule.Subject?
        switch subject {
        case "count": counted = .count
        case "sum": counted = pointer.map { .sum($0) }
        default: counted = pointer.map { .firstSeen($0) }
        }
        return counted.map { counted in
            CounterRule(
                subject: counted, name: name, partitions: partitions, window: window, bound: bound.0,
                orEqual: bound.1)
        }
    }

    private mutating func readPartitions(_ reader: inout JSONObjectReader) -> [CounterRule.Partition] {
        guard let items = reader.optionalArray("per", maximumCount: PolicyLimits.items) else { return [] }
        var partitions: [CounterRule.Partition] = []
        for (index, item) in items.enumerated() {
            switch item.stringValue {
            case "agent": partitions.append(.agent)
            case "user": partitions.append(.user)
            case "tool": partitions.append(.tool)
            case .some(let text) where text.hasPrefix("/"):
                if let pointer = pointer(item, at: reader.pointer(to: "per").appending(index)) {
                    partitions.append(.argument(pointer))
                }
            default:
                refuse(
                    reader.pointer(to: "per").appending(index),
                    "must be agent, user, tool or a JSON Pointer into the arguments")
            }
        }
        return partitions
    }

    private static func readWindow(_ reader: inout JSONObjectReader) -> Int64? {
        guard let value = reader.requiredValue("window") else { return nil }
        guard let window = DurationRule.milliseconds(of: value),
            (PolicyLimits.shortestWindow...PolicyLimits.longestWindow).contains(window)
        else {
            reader.fail("window", "must be a duration from a second to 366 days, such as PT1H")
            return nil
        }
        return window
    }

    private static func readBound(_ subject: String, _ reader: inout JSONObjectReader) -> (Int64, Bool)? {
        let above = reader.optionalValue("gt")
        let orEqual = reader.optionalValue("gte")
        guard let value = above ?? orEqual, (above == nil) != (orEqual == nil) else {
            reader.fail("gt", "exactly one is needed of gt, gte")
            return nil
        }
        let bound = subject == "sum" ? PolicyNumber.millionths(value) : value.int64Value
        guard let bound, bound >= 0 else {
            reader.fail(
                above == nil ? "gte" : "gt",
                subject == "sum" ? "must be an amount of at most six decimals" : "must be a whole number from 0")
            return nil
        }
        return (bound, above == nil)
    }
}
