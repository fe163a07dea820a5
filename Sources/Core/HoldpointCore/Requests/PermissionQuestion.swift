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
    /// How sure the agent says it is, from 0 to 1.
    let confidence: JSONNumber?
    /// What the project's policy said of the call; nil where there is none.
    package var policy: JudgedVerdict?

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
        let confidence = readConfidence(&reader)
        var policy: JudgedVerdict?
        if let recorded = reader.optionalValue("policy") {
            policy = try? JudgedVerdict(recorded: recorded)
            if policy == nil { reader.fail("policy", "is not what a policy says") }
        }
        guard let tool, let arguments else { return nil }
        return Self(
            tool: tool, arguments: arguments, risk: risk, reasons: reasons, allowsEdit: allowsEdit,
            allowsRemember: allowsRemember, confidence: confidence, policy: policy)
    }

    private static func readConfidence(_ reader: inout JSONObjectReader) -> JSONNumber? {
        guard let value = reader.optionalValue("confidence")?.nonNull else { return nil }
        let number = PolicyNumber.share(value)
        if number == nil { reader.fail("confidence", "must be a number from 0 to 1") }
        return number
    }

    /// The call with these arguments, as a policy sees it.
    func policyCall(_ arguments: JSONValue, at time: Timestamp) -> PolicyCall {
        var call = PolicyCall(tool: tool, arguments: arguments, time: time)
        call.confidence = confidence
        return call
    }

    /// The same question with what a policy says of the call: its risk and reasons beside those that were given.
    func judged(by verdict: JudgedVerdict) -> Self {
        let given = reasons.filter { !verdict.verdict.reasons.contains($0) }
        return Self(
            tool: tool, arguments: arguments, risk: max(risk ?? .low, verdict.verdict.risk),
            reasons: verdict.verdict.reasons + given, allowsEdit: allowsEdit, allowsRemember: allowsRemember,
            confidence: confidence, policy: verdict)
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
        if let confidence { writer.member("confidence", .some(.number(confidence))) }
        if let policy { writer.member("policy", .some(policy.json)) }
    }

    package var answerSchema: JSONValue {
        var actions: [JSONValue] = ["approve"]
        if allowsEdit { actions.append("edit") }
        actions.append("reject")
        var properties: JSONObject = [
            "action": ["enum": .array(actions)], "arguments": ["type": "object"],
            "feedback": ["type": "string"], "remember": ["type": "boolean"],
        ]
        if let phrase = policy?.verdict.phrase { properties["confirmation"] = ["const": .string(phrase)] }
        return [
            "type": "object",
            "properties": .object(properties),
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
        checkConfirmation(in: &reader, action: action)
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

    /// Whoever says yes to the riskiest calls types their name.
    private func checkConfirmation(in reader: inout JSONObjectReader, action: String?) {
        let typed = reader.optionalString("confirmation", maximumLength: RequestLimits.nameLength, nullable: true)
        guard let phrase = policy?.verdict.phrase else {
            if typed != nil { reader.fail("confirmation", "is not asked for by this request") }
            return
        }
        guard action != PermissionAction.reject.rawValue, typed != phrase else { return }
        reader.fail("confirmation", "must be the phrase \(phrase), typed to confirm")
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
