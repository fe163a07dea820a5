import JSON

extension WorkflowCompiler {
    /// Reads `use`, in an order in which what is named is known before it is.
    mutating func compileComponents(_ value: JSONValue, _ pointer: JSONPointer) {
        var reader = JSONObjectReader(value, at: pointer)
        if reader.optionalValue("extensions") != nil { refuse(.extensions, reader.pointer(to: "extensions")) }
        if reader.optionalValue("catalogs") != nil { refuse(.catalogs, reader.pointer(to: "catalogs")) }
        for (index, secret) in (reader.optionalArray("secrets") ?? []).enumerated() {
            if let name = secret.stringValue {
                components.secrets.append(name)
            } else {
                fail(pointer.appending("secrets").appending(index), "must be a string")
            }
        }
        for (name, policy, place) in members("authentications", &reader) {
            components.authentications[name] = compileAuthentication(policy, place, isDeclared: true)
        }
        for (name, error, place) in members("errors", &reader) {
            components.errors[name] = compileError(error, place)
        }
        for (name, limit, place) in members("timeouts", &reader) {
            components.timeouts[name] = limit.objectValue == nil ? nil : compileTimeout(limit, place)
            if limit.objectValue == nil { fail(place, "must be an object") }
        }
        for (name, policy, place) in members("retries", &reader) {
            components.retries[name] = compileRetry(policy, place)
        }
        compileFunctions(members("functions", &reader))
        add(reader.finish())
    }

    private typealias Member = (name: String, value: JSONValue, pointer: JSONPointer)

    private mutating func members(_ key: String, _ reader: inout JSONObjectReader) -> [Member] {
        let pointer = reader.pointer(to: key)
        return (reader.optionalObject(key) ?? JSONObject()).compactMap { member in
            checkName(member.key, pointer) ? (member.key, member.value, pointer.appending(member.key)) : nil
        }
    }

    /// Keeps a place for each function first, so that they may call one another.
    private mutating func compileFunctions(_ functions: [Member]) {
        for function in functions {
            if ["http", "human"].contains(function.name) {
                fail(function.pointer, "the name is that of a function of the engine")
            }
            components.functions[function.name] = reserveTask(at: function.pointer)
        }
        for function in functions {
            let item = NamedItem(name: function.name, value: function.value, pointer: function.pointer)
            guard let index = components.functions[function.name] else { continue }
            compileTask(item, as: index, position: nil, siblings: [])
        }
    }
}
