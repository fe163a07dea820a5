import JSON

/// Which calls an entry or a rule is about: everything that it names must match.
struct ToolSelector: Sendable, Equatable {
    private let tool: [Glob]?
    private let task: [Glob]?
    private let function: [Glob]?
    private let host: [Glob]?
    private let server: [Glob]?

    func matches(_ call: PolicyCall) -> Bool {
        (tool?.match(call.tool) ?? true) && (task?.match(call.task) ?? true)
            && (function?.match(call.function) ?? true) && (host?.match(call.host) ?? true)
            && (server?.match(call.server) ?? true)
    }

    /// Reads the fields `tool`, `task`, `function`, `host` and `server` of an entry, at least one of them.
    static func read(from reader: inout JSONObjectReader) -> ToolSelector? {
        let wasSound = reader.isSound
        let selector = ToolSelector(
            tool: Glob.readList("tool", from: &reader), task: Glob.readList("task", from: &reader),
            function: Glob.readList("function", from: &reader), host: Glob.readList("host", from: &reader),
            server: Glob.readList("server", from: &reader))
        guard wasSound == reader.isSound else { return nil }
        guard selector != ToolSelector(tool: nil, task: nil, function: nil, host: nil, server: nil) else {
            reader.fail("tool", "is required, or one of task, function, host and server")
            return nil
        }
        return selector
    }

    /// Reads a list of selectors, if the field is there; one may be a text, which is a glob for the tool's name.
    static func readList(_ key: String, from reader: inout JSONObjectReader) -> [ToolSelector]? {
        guard let items = reader.optionalArray(key, maximumCount: PolicyLimits.items) else { return nil }
        if items.isEmpty { reader.fail(key, "must not be empty") }
        var selectors: [ToolSelector] = []
        for (index, item) in items.enumerated() {
            let pointer = reader.pointer(to: key).appending(index)
            if case .string(let text) = item {
                if let glob = Glob(text) {
                    selectors.append(ToolSelector(tool: [glob], task: nil, function: nil, host: nil, server: nil))
                } else {
                    reader.add([JSONViolation(pointer: pointer, detail: Glob.expectation)])
                }
            } else {
                var nested = JSONObjectReader(item, at: pointer)
                let selector = read(from: &nested)
                reader.add(nested.finish())
                if let selector { selectors.append(selector) }
            }
        }
        return selectors
    }
}
