package import JSON

/// Asks whether one specific tool call may run: `{action, arguments?, feedback?, remember?}`.
package struct PermissionQuestion: RequestQuestion {
    package static let type = RequestType.permission

    let tool: String
    /// The arguments as the agent proposed them.
    package let arguments: JSONValue
    let risk: Risk?
    let reasons: [String]
    let allowsEdit: Bool
    let allowsRemember: Bool

    package static func read(from reader: inout JSONObjectReader, title: String) -> Self? {
        let tool = reader.requiredString("tool", maximumLength: RequestLimits.nameLength)
        let arguments = reader.requiredValue("arguments")
        let risk = Risk.read("risk", from: &reader)
        let reasons = OptionList.readTexts("reasons", from: &reader)
        let allowsEdit = reader.optionalBool("allow_edit") ?? false
        let allowsRemember = reader.optionalBool("allow_remember") ?? false
        if let arguments, arguments.objectValue == nil {
            reader.fail("arguments", "must be an object")
            return nil
        }
        guard let tool, let arguments else { return nil }
        return Self(
            tool: tool, arguments: arguments, risk: risk, reasons: reasons, allowsEdit: allowsEdit,
            allowsRemember: allowsRemember)
    }

    package func write(into writer: inout JSONWriter) {
        writer.member("tool", tool)
        writer.key("arguments")
        writer.value(arguments)
        writer.member("risk", risk?.rawValue)
        writer.key("reasons")
        writer.value(.array(reasons.map { .string($0) }))
        writer.member("allow_edit", allowsEdit)
        writer.member("allow_remember", allowsRemember)
    }

    package var answerSchema: JSONValue {
        var actions: [JSONValue] = ["approve"]
        if allowsEdit { actions.append("edit") }
        actions.append("reject")
        return [
            "type": "object",
            "properties": [
                "action": ["enum": .array(actions)], "arguments": ["type": "object"],
                "feedback": ["type": "string"], "remember": ["type": "boolean"],
            ],
            "required": ["action"], "additionalProperties": false,
        ]
    }

    package func violations(ofAnswer answer: JSONValue) -> [JSONViolation] {
        var reader = JSONObjectReader(answer)
        let action = reader.requiredString("action", maximumLength: RequestLimits.nameLength)
        let arguments = reader.optionalValue("arguments")
        _ = reader.optionalString("feedback", maximumLength: RequestLimits.textLength, nullable: true)
        if reader.optionalBool("remember") == true, !allowsRemember {
            reader.fail("remember", "remembering was not offered by this request")
        }
        switch action.map({ PermissionAction(rawValue: $0) }) {
        case nil: break
        case .some(nil): reader.fail("action", "must be approve, edit or reject")
        case .edit where !allowsEdit: reader.fail("action", "editing was not offered by this request")
        case .edit where arguments?.objectValue == nil:
            reader.fail("arguments", "must be an object: the arguments to run instead")
        case .edit:
            if let arguments { Self.checkDigestible(arguments, in: &reader) }
        case .approve, .reject:
            if arguments != nil { reader.fail("arguments", "belong to an edit only") }
        }
        return reader.finish()
    }

    package var refusalOfDefault: String? {
        "a permission takes no default: silence is a rejection"
    }

    /// Records a number that would not survive a digest, with its pointer (RFC 8785, section 3.2.2.3).
    static func checkDigestible(_ arguments: JSONValue, in reader: inout JSONObjectReader) {
        do {
            _ = try CanonicalJSON.encode(arguments)
        } catch {
            reader.add([error.violation(under: JSONPointer.root.appending("arguments"))])
        }
    }
}

/// What a human decided about a tool call.
package enum PermissionAction: String, Sendable {
    /// The proposed arguments run.
    case approve
    /// Other arguments run instead.
    case edit
    /// Nothing runs.
    case reject
}
