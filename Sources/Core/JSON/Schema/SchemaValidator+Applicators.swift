extension SchemaValidator {
    /// Checks a value by one keyword; a keyword accepts whatever it says nothing about.
    mutating func apply(_ keyword: SchemaKeyword, _ value: JSONValue, _ evaluated: inout Evaluated) -> Bool {
        switch keyword {
        case .reference(let slot):
            return check(schema.references[slot], value, &evaluated)
        case .dynamicReference(let slot):
            return check(target(of: schema.dynamicReferences[slot]), value, &evaluated)
        case .all(let nodes):
            return all(nodes, value, &evaluated)
        case .any(let nodes):
            let count = countAccepting(nodes, value, enough: 1, &evaluated)
            return count > 0 || explain(nodes, value, orFail: "must fit at least one of \(nodes.count) schemas")
        case .one(let nodes):
            let count = countAccepting(nodes, value, enough: 2, &evaluated)
            if count > 1 { return fail("must fit only one of \(nodes.count) schemas") }
            return count == 1 || explain(nodes, value, orFail: "must fit one of \(nodes.count) schemas")
        case .not(let node):
            var discarded = Evaluated()
            return !accepts(node, value, &discarded) || fail("has a value that is not allowed")
        case .conditional(let condition, let then, let otherwise):
            let branch = accepts(condition, value, &evaluated) ? then : otherwise
            if isInterrupted { return false }
            return branch.map { check($0, value, &evaluated) } ?? true
        default:
            return applyToParts(keyword, value, &evaluated)
        }
    }

    private mutating func all(_ nodes: [Int], _ value: JSONValue, _ evaluated: inout Evaluated) -> Bool {
        var accepts = true
        for node in nodes where !check(node, value, &evaluated) {
            accepts = false
            if !isCollecting { return false }
        }
        return accepts
    }

    /// Counts the schemas that accept, up to a number that settles it unless evaluation is tracked.
    private mutating func countAccepting(
        _ nodes: [Int], _ value: JSONValue, enough: Int, _ evaluated: inout Evaluated
    ) -> Int {
        var count = 0
        for node in nodes where !isInterrupted && accepts(node, value, &evaluated) {
            count += 1
            if count == enough, !schema.tracksEvaluation { break }
        }
        return count
    }

    /// Reports why no schema accepts: by the one that is meant for the type of the value, if there is just one.
    private mutating func explain(_ nodes: [Int], _ value: JSONValue, orFail detail: String) -> Bool {
        guard isCollecting else { return false }
        let meant = nodes.filter { isMeant($0, for: value) }
        guard let node = meant.first, meant.count == 1 else { return fail(detail) }
        var discarded = Evaluated()
        return check(node, value, &discarded)
    }

    /// Whether the `type` of a subschema, or of what it refers to at once, allows the type of the value.
    private func isMeant(_ node: Int, for value: JSONValue) -> Bool {
        var node = node
        // References in a circle lead nowhere.
        for _ in 0..<8 {
            var next: Int?
            for keyword in schema.nodes[node].keywords {
                switch keyword {
                case .never: return false
                case .type(let types): return types.contains { $0.holds(for: value) }
                case .reference(let slot): next = schema.references[slot]
                default: continue
                }
            }
            guard let target = next else { return true }
            node = target
        }
        return true
    }

    private mutating func applyToParts(
        _ keyword: SchemaKeyword, _ value: JSONValue, _ evaluated: inout Evaluated
    ) -> Bool {
        switch (keyword, value) {
        case (.items(let prefix, let rest), .array(let items)):
            return checkItems(items, prefix, rest, &evaluated)
        case (.contains(let contains), .array(let items)):
            return checkContains(contains, items, &evaluated)
        case (.unevaluatedItems(let node), .array(let items)):
            return checkUnevaluated(items, node, &evaluated)
        case (.members(let members), .object(let object)):
            return checkMembers(object, members, &evaluated)
        case (.names(let node), .object(let object)):
            return checkNames(object, node)
        case (.dependentSchema(let trigger, let node), .object(let object)):
            return object.contains(trigger) ? check(node, value, &evaluated) : true
        case (.unevaluatedMembers(let node), .object(let object)):
            return checkUnevaluated(object, node, &evaluated)
        default:
            return checkPlain(keyword, value)
        }
    }

    private mutating func checkItems(
        _ items: [JSONValue], _ prefix: [Int], _ rest: Int?, _ evaluated: inout Evaluated
    ) -> Bool {
        var accepts = true
        for (index, item) in items.enumerated() {
            guard let node = index < prefix.count ? prefix[index] : rest else { break }
            guard spend(1) else { return false }
            mark(index, &evaluated)
            if !check(node, item: item, at: index) {
                accepts = false
                if !isCollecting { return false }
            }
        }
        return accepts
    }

    private mutating func checkContains(
        _ contains: SchemaContains, _ items: [JSONValue], _ evaluated: inout Evaluated
    ) -> Bool {
        var count = 0
        for (index, item) in items.enumerated() {
            guard spend(1) else { return false }
            var inner = Evaluated()
            guard accepts(contains.schema, item, &inner) else { continue }
            mark(index, &evaluated)
            count += 1
        }
        if isInterrupted { return false }
        if count < contains.minimum { return fail("must have at least \(contains.minimum) items of a certain kind") }
        guard let maximum = contains.maximum, count > maximum else { return true }
        return fail("must have at most \(maximum) items of a certain kind")
    }

    private mutating func checkMembers(
        _ object: JSONObject, _ members: SchemaMembers, _ evaluated: inout Evaluated
    ) -> Bool {
        var accepts = true
        for (position, member) in object.enumerated() {
            guard spend(1) else { return false }
            var rest = members.rest
            if let node = members.named[ExactKey(text: member.key)] {
                rest = nil
                accepts = check(node, member: member.value, at: member.key) && accepts
                mark(position, &evaluated)
            }
            for (pattern, node) in members.patterns where matches(pattern, member.key) {
                rest = nil
                accepts = check(node, member: member.value, at: member.key) && accepts
                mark(position, &evaluated)
            }
            if let rest {
                accepts = check(rest, member: member.value, at: member.key) && accepts
                mark(position, &evaluated)
            }
            if !accepts, !isCollecting { return false }
        }
        return accepts
    }

    private mutating func checkNames(_ object: JSONObject, _ node: Int) -> Bool {
        var all = true
        for (key, _) in object {
            guard spend(1) else { return false }
            var evaluated = Evaluated()
            guard !accepts(node, .string(key), &evaluated) else { continue }
            all = fail("has a name that is not allowed", at: key)
            if !isCollecting { return false }
        }
        return all
    }

    private mutating func checkUnevaluated(
        _ items: [JSONValue], _ node: Int, _ evaluated: inout Evaluated
    ) -> Bool {
        var accepts = true
        for (index, item) in items.enumerated() where !evaluated.positions.contains(index) {
            guard spend(1) else { return false }
            mark(index, &evaluated)
            if !check(node, item: item, at: index) {
                accepts = false
                if !isCollecting { return false }
            }
        }
        return accepts
    }

    private mutating func checkUnevaluated(
        _ object: JSONObject, _ node: Int, _ evaluated: inout Evaluated
    ) -> Bool {
        var accepts = true
        for (position, member) in object.enumerated() where !evaluated.positions.contains(position) {
            guard spend(1) else { return false }
            mark(position, &evaluated)
            if !check(node, member: member.value, at: member.key) {
                accepts = false
                if !isCollecting { return false }
            }
        }
        return accepts
    }
}
