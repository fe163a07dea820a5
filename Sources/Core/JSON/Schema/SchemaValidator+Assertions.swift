extension SchemaValidator {
    /// Checks a value by a keyword without subschemas.
    mutating func checkPlain(_ keyword: SchemaKeyword, _ value: JSONValue) -> Bool {
        switch (keyword, value) {
        case (.never, _):
            return fail("is not allowed")
        case (.type(let types), _):
            return types.contains { $0.holds(for: value) } || fail(SchemaWording.types(types))
        case (.options(let options), _):
            guard spend(options.cost) else { return false }
            return options.values.contains { $0.isEquivalent(to: value) } || fail(SchemaWording.options(options))
        case (.divisor(let divisor), .number(let number)):
            return divisor.divides(number) || fail("must be a multiple of \(divisor.number.text)")
        case (.bound(let bound), .number(let number)):
            return bound.admits(number) || fail(SchemaWording.bound(bound))
        case (.pattern(let pattern), .string(let text)):
            return matches(pattern, text) || fail("must match the pattern \(SchemaWording.short(pattern.text))")
        case (.format(let format), .string(let text)):
            guard spend(text.utf8.count / 16) else { return false }
            return format.admits(text) || fail("must be \(format.wording)")
        case (.size(let size), _):
            return check(size, of: value)
        case (.uniqueItems, .array(let items)):
            return areUnique(items) || fail("must not have the same item twice")
        case (.required(let names), .object(let object)):
            return require(names, of: object)
        case (.dependentRequired(let trigger, let names), .object(let object)):
            return object.contains(trigger) ? require(names, of: object) : true
        default:
            return true
        }
    }

    private mutating func check(_ size: SchemaSize, of value: JSONValue) -> Bool {
        let count: Int
        switch (size.unit, value) {
        case (.characters, .string(let text)):
            guard spend(text.utf8.count / 64) else { return false }
            count = text.unicodeScalars.count
        case (.items, .array(let items)): count = items.count
        case (.members, .object(let object)): count = object.count
        default: return true
        }
        return (size.isUpper ? count <= size.limit : count >= size.limit) || fail(SchemaWording.size(size))
    }

    /// Whether all items are different; also `false` if the budget ends before that is known.
    private mutating func areUnique(_ items: [JSONValue]) -> Bool {
        var seen: Set<EquivalentValue> = []
        for item in items {
            guard spend(item.weight) else { return false }
            guard seen.insert(EquivalentValue(value: item)).inserted else { return false }
        }
        return true
    }

    private mutating func require(_ names: [String], of object: JSONObject) -> Bool {
        guard spend(names.count) else { return false }
        var all = true
        for name in names where !object.contains(name) {
            all = fail("is required", at: name)
            if !isCollecting { return false }
        }
        return all
    }
}

extension SchemaType {
    /// Whether a value is of the type; every whole number is an integer, however it is written.
    func holds(for value: JSONValue) -> Bool {
        switch (self, value) {
        case (.null, .null), (.boolean, .bool), (.number, .number), (.string, .string), (.array, .array),
            (.object, .object):
            true
        case (.integer, .number(let number)): number.isWhole
        default: false
        }
    }
}

extension SchemaBound {
    /// Whether a number is within the bound, by exact value.
    func admits(_ number: JSONNumber) -> Bool {
        if isExclusive { return isUpper ? number < limit : limit < number }
        return isUpper ? !(limit < number) : !(number < limit)
    }
}
