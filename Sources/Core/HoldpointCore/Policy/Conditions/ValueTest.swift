import JSON

/// What is asked of one value of a call.
enum ValueTest: Sendable {
    case equals(JSONValue)
    case differs(JSONValue)
    case above(JSONNumber, orEqual: Bool)
    case below(JSONNumber, orEqual: Bool)
    case isOneOf([JSONValue])
    case matches(JSONPattern)
    case exists(Bool)

    /// Judges a value; nil is one that is not there.
    ///
    /// A value that is missing, or of a kind that cannot be compared, is unknown: nobody slips under a rule by leaving
    /// an argument out or by writing a number as a text.
    func judge(_ value: JSONValue?, named name: @autoclosure () -> String) -> PolicyTruth {
        if case .exists(let wanted) = self { return PolicyTruth((value != nil) == wanted) }
        guard let value else { return .unknown("\(name()) is not there") }
        switch self {
        case .equals(let other): return PolicyTruth(value.isEquivalent(to: other))
        case .differs(let other): return PolicyTruth(!value.isEquivalent(to: other))
        case .isOneOf(let others): return PolicyTruth(others.contains { $0.isEquivalent(to: value) })
        case .above(let bound, let orEqual):
            guard case .number(let number) = value else { return .unknown("\(name()) is no number") }
            return PolicyTruth(orEqual ? !(number < bound) : bound < number)
        case .below(let bound, let orEqual):
            guard case .number(let number) = value else { return .unknown("\(name()) is no number") }
            return PolicyTruth(orEqual ? !(bound < number) : number < bound)
        case .matches(let pattern):
            guard case .string(let text) = value else { return .unknown("\(name()) is no text") }
            var steps = PolicyLimits.patternSteps
            guard let isMatch = pattern.matches(text, steps: &steps) else {
                return .unknown("\(name()) takes too long to match")
            }
            return PolicyTruth(isMatch)
        case .exists: return .fails
        }
    }

    /// The test in words, as in `is over 1500`.
    var words: String {
        switch self {
        case .equals(let value): "is \(value.text)"
        case .differs(let value): "is not \(value.text)"
        case .above(let bound, let orEqual): orEqual ? "is at least \(bound.text)" : "is over \(bound.text)"
        case .below(let bound, let orEqual): orEqual ? "is at most \(bound.text)" : "is under \(bound.text)"
        case .isOneOf(let values): "is one of \(values.map(\.text).joined(separator: ", "))"
        case .matches(let pattern): "matches \(pattern.text)"
        case .exists(let wanted): wanted ? "is there" : "is not there"
        }
    }
}

extension ValueTest {
    private static let names = ["eq", "ne", "gt", "gte", "lt", "lte", "in", "matches", "exists"]

    /// Reads the one test of a condition; `isText` where only texts can be compared.
    static func read(from reader: inout JSONObjectReader, isText: Bool = false) -> ValueTest? {
        var found: [(name: String, value: JSONValue)] = []
        for name in names {
            if let value = reader.optionalValue(name) { found.append((name, value)) }
        }
        guard let only = found.first, found.count == 1 else {
            reader.fail(found.last?.name ?? "eq", "exactly one is needed of \(names.joined(separator: ", "))")
            return nil
        }
        do {
            return try read(only.name, only.value, isText)
        } catch {
            reader.fail(only.name, error.detail)
            return nil
        }
    }

    private struct Misfit: Error {
        let detail: String
    }

    private static func read(_ name: String, _ value: JSONValue, _ isText: Bool) throws(Misfit) -> ValueTest {
        switch name {
        case "eq": return .equals(try scalar(value, isText))
        case "ne": return .differs(try scalar(value, isText))
        case "in":
            guard let items = value.arrayValue, (1...PolicyLimits.items).contains(items.count) else {
                throw Misfit(detail: "must be a list of 1 to \(PolicyLimits.items) values")
            }
            var values: [JSONValue] = []
            for item in items { values.append(try scalar(item, isText)) }
            return .isOneOf(values)
        case "matches":
            guard let text = value.stringValue else { throw Misfit(detail: "must be a pattern") }
            do {
                return .matches(try JSONPattern(text))
            } catch {
                throw Misfit(detail: "is no pattern: \(error)")
            }
        case "exists":
            guard let wanted = value.boolValue else { throw Misfit(detail: "must be true or false") }
            return .exists(wanted)
        default:
            guard case .number(let bound) = value, !isText else {
                throw Misfit(detail: isText ? "cannot be asked of a text" : "must be a number")
            }
            return name.hasPrefix("gt")
                ? .above(bound, orEqual: name == "gte") : .below(bound, orEqual: name == "lte")
        }
    }

    private static func scalar(_ value: JSONValue, _ isText: Bool) throws(Misfit) -> JSONValue {
        switch value {
        case .string: return value
        case .null, .bool, .number:
            if isText { throw Misfit(detail: "must be a text") }
            return value
        case .array, .object: throw Misfit(detail: "must be a text, a number, true, false or null")
        }
    }
}
