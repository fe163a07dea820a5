package import JSON

/// One way to answer a `clarification`.
package struct ClarificationOption: Sendable, Equatable {
    let id: String
    let label: String
    let description: String?
    let isRecommended: Bool
}

/// Asks for information: `{answer: id, text or list}`.
package struct ClarificationQuestion: RequestQuestion {
    package static let type = RequestType.clarification

    let question: String
    let options: [ClarificationOption]
    let allowsCustom: Bool

    package static func read(from reader: inout JSONObjectReader, title: String) -> Self? {
        let question = reader.optionalString("question", maximumLength: RequestLimits.textLength) ?? title
        let options = OptionList.read("options", from: &reader, required: false) { option, id, label in
            ClarificationOption(
                id: id, label: label,
                description: option.optionalString(
                    "description", maximumLength: RequestLimits.textLength, nullable: true),
                isRecommended: option.optionalBool("recommended") ?? false)
        }
        let allowsCustom = reader.optionalBool("allow_custom")
        guard let options else { return nil }
        if options.isEmpty, allowsCustom == false {
            reader.fail("allow_custom", "a question without options must allow a custom answer")
            return nil
        }
        return Self(question: question, options: options, allowsCustom: allowsCustom ?? options.isEmpty)
    }

    package func write(into writer: inout JSONWriter) {
        writer.member("question", question)
        writer.key("options")
        writer.beginArray()
        for option in options {
            writer.beginObject()
            writer.member("id", option.id)
            writer.member("label", option.label)
            writer.member("description", option.description)
            writer.member("recommended", option.isRecommended)
            writer.endObject()
        }
        writer.endArray()
        writer.member("allow_custom", allowsCustom)
    }

    package var answerSchema: JSONValue {
        allowsCustom || options.isEmpty
            ? Self.anyText : Self.schema(["enum": .array(options.map { .string($0.id) })])
    }

    private static let anyText = schema(["type": "string", "minLength": 1])

    private static func schema(_ one: JSONValue) -> JSONValue {
        let many: JSONValue = ["type": "array", "items": one, "minItems": 1, "uniqueItems": true]
        return [
            "type": "object", "properties": ["answer": ["anyOf": [one, many]]], "required": ["answer"],
            "additionalProperties": false,
        ]
    }

    package func violations(ofAnswer answer: JSONValue) -> [JSONViolation] {
        var reader = JSONObjectReader(answer)
        if let value = reader.requiredValue("answer") {
            OptionList.check(
                value, key: "answer", ids: options.map(\.id), allowsCustom: allowsCustom,
                maximumSelections: RequestLimits.optionCount, in: &reader)
        }
        return reader.finish()
    }

    package func expandedDefault(_ value: JSONValue) -> JSONValue {
        value.objectValue == nil ? ["answer": value] : value
    }
}
