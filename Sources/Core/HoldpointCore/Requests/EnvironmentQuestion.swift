package import JSON

/// Asks for values of environment variables: `{values: {…}, save}`; secret ones are sealed at the edge.
package struct EnvironmentQuestion: RequestQuestion {
    package static let type = RequestType.environment

    let tool: String
    /// The values asked for, in order.
    package let fields: [EnvironmentField]
    let allowsSave: Bool

    package static func read(from reader: inout JSONObjectReader, title: String) -> Self? {
        let tool = reader.requiredString("tool", maximumLength: RequestLimits.nameLength)
        let allowsSave = reader.optionalBool("allow_save") ?? false
        guard let items = reader.requiredArray("fields") else { return nil }
        guard (1...RequestLimits.fieldCount).contains(items.count) else {
            reader.fail("fields", "must hold 1 to \(RequestLimits.fieldCount) fields")
            return nil
        }
        var fields: [EnvironmentField] = []
        var names: Set<String> = []
        for (index, item) in items.enumerated() {
            var field = JSONObjectReader(item, at: JSONPointer.root.appending("fields").appending(index))
            let read = EnvironmentField(from: &field)
            if let read, !names.insert(read.name).inserted { field.fail("name", "is not unique in the list") }
            let violations = field.finish()
            if let read, violations.isEmpty { fields.append(read) }
            reader.add(violations)
        }
        guard let tool, fields.count == items.count else { return nil }
        return Self(tool: tool, fields: fields, allowsSave: allowsSave)
    }

    package func write(into writer: inout JSONWriter) {
        writer.member("tool", tool)
        writer.key("fields")
        writer.beginArray()
        for field in fields { field.write(into: &writer) }
        writer.endArray()
        writer.member("allow_save", allowsSave)
    }

    package var answerSchema: JSONValue {
        let properties = JSONObject(fields.map { ($0.name, $0.schema) })
        let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        let values: JSONValue = [
            "type": "object", "properties": .object(properties), "required": .array(required),
            "additionalProperties": false,
        ]
        return [
            "type": "object", "properties": ["values": values, "save": ["type": "boolean"]],
            "required": ["values"], "additionalProperties": false,
        ]
    }

    package func violations(ofAnswer answer: JSONValue) -> [JSONViolation] {
        violations(of: answer, isSealed: true)
    }

    package var refusalOfResponseSchema: String? {
        "an env_var request is described by its fields; give them patterns instead"
    }

    package var refusalOfDefault: String? {
        "an env_var request takes defaults field by field"
    }

    /// Judges an answer as it comes in or, once its secret values must be handles, as it is recorded (I9).
    func violations(of answer: JSONValue, isSealed: Bool) -> [JSONViolation] {
        var reader = JSONObjectReader(answer)
        if reader.optionalBool("save") == true, !allowsSave {
            reader.fail("save", "saving was not offered by this request")
        }
        guard let values = reader.requiredObject("values") else { return reader.finish() }
        var found = JSONObjectReader(.object(values), at: JSONPointer.root.appending("values"))
        var steps = RequestLimits.patternSteps
        for field in fields {
            guard let value = found.optionalValue(field.name) else {
                if field.isRequired { found.fail(field.name, "is required") }
                continue
            }
            let refusal: String? =
                if isSealed, field.isSecret {
                    SecretHandle(value)?.field == field.name ? nil : "must be sealed"
                } else if case .string(let text) = value {
                    field.refusal(ofValue: text, steps: &steps)
                } else {
                    "must be a text"
                }
            if let refusal { found.fail(field.name, refusal) }
        }
        reader.add(found.finish())
        return reader.finish()
    }
}
