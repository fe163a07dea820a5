import JSON

extension WorkflowCompiler {
    /// Reads a list of named tasks that run in sequence; the result is an index into `blocks`.
    mutating func compileList(_ value: JSONValue, _ pointer: JSONPointer) -> Int? {
        guard let items = namedItems(value, pointer) else { return nil }
        let block = blocks.count
        blocks.append([])
        let names = items.map(\.name)
        var members: [Int] = []
        for (index, item) in items.enumerated() {
            let place = TaskPosition(block: block, index: index)
            if let task = compileTask(item, position: place, siblings: names) { members.append(task) }
        }
        blocks[block] = members
        return block
    }

    /// A named member of a list: an object of one member each.
    struct NamedItem {
        let name: String
        let value: JSONValue
        let pointer: JSONPointer
    }

    /// Reads a list of objects of one member each, the names being different; nil if it is none.
    mutating func namedItems(_ value: JSONValue, _ pointer: JSONPointer) -> [NamedItem]? {
        guard let items = value.arrayValue, !items.isEmpty else {
            fail(pointer, "must be a list of named items, and not empty")
            return nil
        }
        var found: [NamedItem] = []
        var names: Set<String> = []
        for (index, item) in items.enumerated() {
            let place = pointer.appending(index)
            guard let object = item.objectValue, object.count == 1,
                let (name, inner) = object.first(where: { _ in true })
            else {
                fail(place, "must be an object of one member: the name and what it stands for")
                continue
            }
            guard checkName(name, place) else { continue }
            if !names.insert(name).inserted { fail(place, "the name is taken in this list") }
            found.append(NamedItem(name: name, value: inner, pointer: place.appending(name)))
        }
        return found
    }

    /// Whether a name is short enough to be repeated in places and errors; adds a violation if not.
    mutating func checkName(_ name: String, _ owner: JSONPointer) -> Bool {
        guard name.utf8.count > WorkflowLimits.nameBytes else { return true }
        fail(owner, "a name here has at most \(WorkflowLimits.nameBytes) bytes")
        return false
    }

    /// Reads one task; nil, with violations, if its kind cannot be told.
    mutating func compileTask(_ item: NamedItem, position: TaskPosition?, siblings: [String]) -> Int? {
        guard let index = reserveTask(at: item.pointer) else { return nil }
        return compileTask(item, as: index, position: position, siblings: siblings) ? index : nil
    }

    /// Reads one task into a place that is kept for it; false, with violations, if its kind cannot be told.
    @discardableResult
    mutating func compileTask(
        _ item: NamedItem, as index: Int, position: TaskPosition?, siblings: [String]
    ) -> Bool {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= WorkflowLimits.nesting else {
            fail(item.pointer, "tasks and functions nest at most \(WorkflowLimits.nesting) deep")
            return false
        }
        var reader = JSONObjectReader(item.value, at: item.pointer)
        let condition = expression("if", &reader)
        let input = mapping(reader.optionalValue("input"), "from", reader.pointer(to: "input"))
        let output = mapping(reader.optionalValue("output"), "as", reader.pointer(to: "output"))
        let export = mapping(reader.optionalValue("export"), "as", reader.pointer(to: "export"))
        let timeout = reader.optionalValue("timeout")
        let limit = timeout.flatMap { compileTimeout($0, reader.pointer(to: "timeout")) }
        _ = reader.optionalObject("metadata")
        let then = reader.optionalString("then").map { directive($0, siblings, reader.pointer(to: "then")) }
        let body = compileBody(&reader, siblings: siblings)
        add(reader.finish())
        guard let body else { return false }
        finish(
            index,
            TaskDefinition(
                name: item.name, reference: item.pointer.description, source: item.value, position: position,
                condition: condition, input: input, output: output, export: export, timeout: limit,
                then: then ?? .proceed, body: body),
            at: item.pointer)
        return true
    }

    /// Where `then` leads; only tasks of the same list can be named.
    mutating func directive(_ text: String, _ siblings: [String], _ pointer: JSONPointer) -> FlowDirective {
        switch text {
        case "continue": return .proceed
        case "exit": return .exit
        case "end": return .end
        default:
            if let index = siblings.firstIndex(of: text) { return .task(index) }
            fail(pointer, "must be continue, exit, end or the name of a task of the same list")
            return .proceed
        }
    }

    /// A field that is an expression with or without `${ }`.
    mutating func expression(_ key: String, _ reader: inout JSONObjectReader) -> ExpressionProgram? {
        guard let text = reader.optionalString(key) else { return nil }
        do {
            let program = try RuntimeArguments.program(Template.enclosed(in: text) ?? text, names: arguments)
            note([PlacedExpression(program: program, pointer: reader.pointer(to: key))])
            return program
        } catch {
            reader.fail(key, error.detail)
            return nil
        }
    }

    /// A value in which strings of the form `${ }` are expressions.
    mutating func template(_ value: JSONValue, _ pointer: JSONPointer) -> Template {
        var found: [JSONViolation] = []
        var placed: [PlacedExpression] = []
        let template = Template(value, arguments: arguments, at: pointer, placed: &placed, violations: &found)
        note(placed)
        add(found)
        return template
    }

    /// `input`, `output` or `export`: a mapping, where a bare string is an expression, and a schema.
    mutating func mapping(_ value: JSONValue?, _ key: String, _ pointer: JSONPointer) -> DataMapping {
        guard let value else { return .identity }
        var reader = JSONObjectReader(value, at: pointer)
        var result: Template?
        switch reader.optionalValue(key) {
        case nil: break
        case .string?: result = expression(key, &reader).map { Template($0) }
        case .object(let object)?: result = template(.object(object), reader.pointer(to: key))
        default: reader.fail(key, "must be an expression or an object")
        }
        let schema = reader.optionalValue("schema").flatMap { compileSchema($0, reader.pointer(to: "schema")) }
        add(reader.finish())
        return DataMapping(mapping: result, schema: schema)
    }

    private mutating func compileSchema(_ value: JSONValue, _ pointer: JSONPointer) -> JSONSchema? {
        var reader = JSONObjectReader(value, at: pointer)
        if let format = reader.optionalString("format"), format != "json", !format.hasPrefix("json:") {
            reader.fail("format", UnsupportedConstruct.schemaFormat.detail)
        }
        if reader.optionalValue("resource") != nil {
            reader.fail("resource", UnsupportedConstruct.externalSchema.detail)
            _ = reader.optionalValue("document")
            add(reader.finish())
            return nil
        }
        let document = reader.requiredValue("document")
        add(reader.finish())
        guard let document else { return nil }
        do {
            return try JSONSchema(compiling: document)
        } catch {
            let place = error.pointer.tokens.reduce(pointer.appending("document")) { $0.appending($1) }
            fail(place, error.detail)
            return nil
        }
    }

    /// `timeout`: an object with `after`, or a name under `use.timeouts`.
    mutating func compileTimeout(_ value: JSONValue, _ pointer: JSONPointer) -> DurationRule? {
        if let name = value.stringValue {
            if let known = components.timeouts[name] { return known }
            fail(pointer, "is not the name of a timeout under use.timeouts")
            return nil
        }
        var reader = JSONObjectReader(value, at: pointer)
        let rule = duration("after", &reader, isRequired: true)
        add(reader.finish())
        return rule
    }

    /// A duration in a field.
    mutating func duration(
        _ key: String, _ reader: inout JSONObjectReader, isRequired: Bool = false
    ) -> DurationRule? {
        guard let value = isRequired ? reader.requiredValue(key) : reader.optionalValue(key) else { return nil }
        do {
            let rule = try DurationRule.read(value, arguments: arguments)
            if case .computed(let program) = rule {
                note([PlacedExpression(program: program, pointer: reader.pointer(to: key))])
            }
            return rule
        } catch {
            reader.fail(key, error.detail)
            return nil
        }
    }
}
