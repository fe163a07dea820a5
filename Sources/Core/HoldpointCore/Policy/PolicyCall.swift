package import JSON

/// A tool call as a policy sees it: what an agent wants to do, and for whom.
package struct PolicyCall: Sendable {
    /// What the tool says of itself; nobody need believe it.
    package struct Annotations: Sendable {
        /// It changes nothing.
        package let isReadOnly: Bool
        /// It may destroy something.
        package let isDestructive: Bool
    }

    /// The tool's name: of a workflow's HTTP call the name of its function, or `http`.
    package let tool: String
    /// The reference of the workflow's task that calls.
    package var task: String?
    /// The name of the function that the workflow's task calls.
    package var function: String?
    /// The host that is called.
    package var host: String?
    /// The server that offers the tool.
    package var server: String?
    /// The arguments, an object.
    package let arguments: JSONValue
    /// The agent that wants to call.
    package var agent: String?
    /// The user on whose behalf the session runs.
    package var user: String?
    /// The session's labels, the workspace among them.
    package var labels: [(name: String, value: String)]
    /// How sure the agent says it is, from 0 to 1.
    package var confidence: JSONNumber?
    /// What the tool says of itself.
    package var annotations: Annotations?
    /// The session's time at which the call is judged.
    package let time: Timestamp

    package init(tool: String, arguments: JSONValue, time: Timestamp) {
        self.tool = tool
        self.arguments = arguments
        self.time = time
        labels = []
    }

    /// The value of a label.
    func label(_ name: String) -> String? { labels.first { $0.name.hasSameBytes(as: name) }?.value }
}

extension PolicyCall {
    /// Reads a call that somebody wants to have judged, for a dry run.
    ///
    /// - Parameters:
    ///   - value: `{tool, arguments?, task?, function?, host?, server?, agent?, on_behalf_of?, labels?, confidence?,
    ///     annotations?, time?}`.
    ///   - now: The time of a call that names none.
    /// - Throws: `InvalidPolicyInput` with everything that does not fit.
    package init(reading value: JSONValue, now: Timestamp, at pointer: JSONPointer = .root) throws(InvalidPolicyInput) {
        var reader = JSONObjectReader(value, at: pointer)
        let tool = reader.requiredString("tool", maximumLength: RequestLimits.nameLength)
        let arguments = reader.optionalObject("arguments") ?? [:]
        let time = reader.optionalString("time").map { text in
            let time = Timestamp(text)
            if time == nil { reader.fail("time", "must be RFC 3339 in UTC with milliseconds") }
            return time ?? now
        }
        var call = PolicyCall(tool: tool ?? "", arguments: .object(arguments), time: time ?? now)
        func name(_ key: String) -> String? {
            reader.optionalString(key, maximumLength: RequestLimits.nameLength)
        }
        call.task = reader.optionalString("task", maximumLength: RequestLimits.textLength)
        call.function = name("function")
        call.host = name("host")
        call.server = name("server")
        call.agent = name("agent")
        call.user = name("on_behalf_of")
        call.labels =
            reader.stringMap("labels", maximumCount: PolicyLimits.items)?.map { (name: $0.key, value: $0.value) } ?? []
        call.confidence = Self.readConfidence(&reader)
        call.annotations = Self.readAnnotations(&reader)
        let violations = reader.finish()
        guard violations.isEmpty else { throw InvalidPolicyInput(violations: violations) }
        self = call
    }

    private static func readConfidence(_ reader: inout JSONObjectReader) -> JSONNumber? {
        guard let value = reader.optionalValue("confidence") else { return nil }
        guard let number = PolicyNumber.share(value) else {
            reader.fail("confidence", "must be a number from 0 to 1")
            return nil
        }
        return number
    }

    private static func readAnnotations(_ reader: inout JSONObjectReader) -> Annotations? {
        guard let value = reader.optionalValue("annotations") else { return nil }
        var nested = JSONObjectReader(value, at: reader.pointer(to: "annotations"))
        let annotations = Annotations(
            isReadOnly: nested.optionalBool("read_only") ?? false,
            isDestructive: nested.optionalBool("destructive") ?? false)
        reader.add(nested.finish())
        return annotations
    }
}

/// Why a policy, or a call to be judged, cannot be read: everything that does not fit, each with its place.
package struct InvalidPolicyInput: Error, Sendable, Equatable, CustomStringConvertible {
    package let violations: [JSONViolation]

    package var description: String {
        violations.map { "\($0.pointer.tokens.isEmpty ? "/" : $0.pointer.description): \($0.detail)" }
            .joined(separator: "\n")
    }
}
