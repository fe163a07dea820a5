import JSON

extension WorkflowCompiler {
    /// What makes a task of which kind, in the order in which they are looked for: `for` has a `do` too.
    private static let kinds = [
        "for", "try", "do", "set", "switch", "fork", "wait", "raise", "emit", "call", "run", "listen",
    ]

    /// Reads what the task does; nil if that is not to be told.
    mutating func compileBody(_ reader: inout JSONObjectReader, siblings: [String]) -> TaskBody? {
        for kind in Self.kinds {
            guard let value = reader.optionalValue(kind) else { continue }
            let pointer = reader.pointer(to: kind)
            switch kind {
            case "do": return compileList(value, pointer).map { .sequence(block: $0) }
            case "set": return compileSet(value, pointer)
            case "switch": return compileSwitch(value, pointer, siblings)
            case "for": return compileLoop(value, pointer, &reader)
            case "fork": return compileFork(value, pointer)
            case "wait": return duration("wait", &reader).map { .wait($0) }
            case "raise": return compileRaise(value, pointer)
            case "try": return compileAttempt(value, pointer, &reader)
            case "emit": return compileEmit(value, pointer)
            case "call": return compileCall(&reader)
            case "run": return compileRun(value, pointer)
            default:
                _ = reader.optionalValue("foreach")
                refuse(.listen, pointer)
                return nil
            }
        }
        fail(reader.pointer, "must have one of \(Self.kinds.dropLast().joined(separator: ", "))")
        return nil
    }

    private mutating func compileSet(_ value: JSONValue, _ pointer: JSONPointer) -> TaskBody? {
        switch value {
        case .object(let object) where !object.isEmpty: return .set(template(value, pointer))
        case .string(let text) where Template.enclosed(in: text) != nil:
            return .set(template(value, pointer))
        default:
            fail(pointer, "must be an object that is not empty, or an expression")
            return nil
        }
    }

    private mutating func compileSwitch(
        _ value: JSONValue, _ pointer: JSONPointer, _ siblings: [String]
    ) -> TaskBody? {
        guard let items = namedItems(value, pointer) else { return nil }
        var cases: [SwitchCase] = []
        for item in items {
            var reader = JSONObjectReader(item.value, at: item.pointer)
            let condition = expression("when", &reader)
            let isDefault = item.value["when"] == nil
            let then = reader.requiredString("then").map { directive($0, siblings, reader.pointer(to: "then")) }
            add(reader.finish())
            if isDefault, cases.contains(where: { $0.condition == nil }) {
                fail(item.pointer, "only one case may be without a condition")
            }
            if let then { cases.append(SwitchCase(condition: condition, then: then)) }
        }
        return .choose(cases)
    }

    private mutating func compileLoop(
        _ value: JSONValue, _ pointer: JSONPointer, _ task: inout JSONObjectReader
    ) -> TaskBody? {
        var reader = JSONObjectReader(value, at: pointer)
        let item = variable("each", &reader) ?? "item"
        let index = variable("at", &reader) ?? "index"
        let items = expression("in", &reader)
        if value["in"] == nil { reader.fail("in", "is required") }
        if item == index { fail(pointer, "the item and its number have one name; say each or at") }
        add(reader.finish())
        let outer = arguments
        arguments.formUnion([item, index])
        defer { arguments = outer }
        let condition = expression("while", &task)
        guard let list = task.requiredValue("do").flatMap({ compileList($0, task.pointer(to: "do")) }), let items
        else { return nil }
        return .loop(LoopRule(item: item, index: index, items: items, condition: condition, block: list))
    }

    /// The name of a variable that a task brings: an identifier that no runtime argument has.
    mutating func variable(_ key: String, _ reader: inout JSONObjectReader) -> String? {
        guard let name = reader.optionalString(key, maximumLength: 64) else { return nil }
        if !RuntimeArguments.isIdentifier(name) || RuntimeArguments.names.contains(name) {
            reader.fail(key, "must be an identifier that is no runtime argument")
        }
        return name
    }

    private mutating func compileFork(_ value: JSONValue, _ pointer: JSONPointer) -> TaskBody? {
        var reader = JSONObjectReader(value, at: pointer)
        let competes = reader.optionalBool("compete") ?? false
        let list = reader.requiredValue("branches")
        let place = reader.pointer(to: "branches")
        add(reader.finish())
        guard let items = list.flatMap({ namedItems($0, place) }) else { return nil }
        guard items.count <= WorkflowLimits.branches else {
            fail(place, "a fork has at most \(WorkflowLimits.branches) branches")
            return nil
        }
        var branches: [Int] = []
        for item in items {
            if let task = compileTask(item, position: nil, siblings: []) { branches.append(task) }
        }
        return .fork(branches: branches, competes: competes)
    }

    private mutating func compileEmit(_ value: JSONValue, _ pointer: JSONPointer) -> TaskBody? {
        var reader = JSONObjectReader(value, at: pointer)
        let event = reader.requiredValue("event")
        add(reader.finish())
        guard let event else { return nil }
        var inner = JSONObjectReader(event, at: pointer.appending("event"))
        let with = inner.requiredObject("with")
        add(inner.finish())
        guard let with else { return nil }
        let place = pointer.appending("event").appending("with")
        for key in CloudEventAttributes.faults(in: with) {
            fail(place.appending(key), with.contains(key) ? "must be text" : "is required, as text")
        }
        for key in ["specversion"] where with[key] != nil { fail(place.appending(key), "is set by the engine") }
        return .emit(template(.object(with), place))
    }

    private mutating func compileRun(_ value: JSONValue, _ pointer: JSONPointer) -> TaskBody? {
        var reader = JSONObjectReader(value, at: pointer)
        let refused: [(String, UnsupportedConstruct)] = [
            ("container", .runContainer), ("script", .runScript), ("shell", .runShell), ("return", .runReturn),
        ]
        var isRefused = false
        for (key, construct) in refused where reader.optionalValue(key) != nil {
            reader.fail(key, construct.detail)
            isRefused = isRefused || key != "return"
        }
        if reader.optionalBool("await") == false { reader.fail("await", UnsupportedConstruct.runUnawaited.detail) }
        let workflow = isRefused ? reader.optionalValue("workflow") : reader.requiredValue("workflow")
        let place = reader.pointer(to: "workflow")
        add(reader.finish())
        guard let workflow else { return nil }
        var inner = JSONObjectReader(workflow, at: place)
        let namespace = inner.requiredString("namespace", maximumLength: 63)
        let name = inner.requiredString("name", maximumLength: 63)
        let version = inner.optionalString("version", maximumLength: 64)
        let input = inner.optionalValue("input").map { template($0, place.appending("input")) }
        add(inner.finish())
        guard let namespace, let name else { return nil }
        return .child(ChildRule(namespace: namespace, name: name, version: version ?? "latest", input: input))
    }
}
