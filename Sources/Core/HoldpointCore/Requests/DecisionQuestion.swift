package import JSON

/// One choice of a `decision`, with what it may cost.
package struct DecisionOption: Sendable, Equatable {
    let id: String
    let label: String
    let description: String?
    let isRecommended: Bool
    let risk: Risk?
    let estimatedCost: String?
    let risks: [String]
}

/// Asks for a choice: `{decision: id or list}`.
package struct DecisionQuestion: RequestQuestion {
    package static let type = RequestType.decision

    let question: String
    let decisionType: String?
    let options: [DecisionOption]
    let maximumSelections: Int

    package static func read(from reader: inout JSONObjectReader, title: String) -> Self? {
        let question = reader.optionalString("question", maximumLength: RequestLimits.textLength) ?? title
        let decisionType = reader.optionalString(
            "decision_type", maximumLength: RequestLimits.nameLength, nullable: true)
        let options = OptionList.read("options", from: &reader, required: true) { option, id, label in
            DecisionOption(
                id: id, label: label,
                description: option.optionalString(
                    "description", maximumLength: RequestLimits.textLength, nullable: true),
                isRecommended: option.optionalBool("recommended") ?? false,
                risk: Risk.read("risk", from: &option),
                estimatedCost: option.optionalString(
                    "estimated_cost", maximumLength: RequestLimits.nameLength, nullable: true),
                risks: OptionList.readTexts("risks", from: &option))
        }
        guard let options else { return nil }
        let selections = reader.optionalInt64("max_selections", range: 1...Int64(max(options.count, 1))) ?? 1
        return Self(
            question: question, decisionType: decisionType, options: options, maximumSelections: Int(selections))
    }

    package func write(into writer: inout JSONWriter) {
        writer.member("question", question)
        writer.member("decision_type", decisionType)
        writer.key("options")
        writer.beginArray()
        for option in options {
            writer.beginObject()
            writer.member("id", option.id)
            writer.member("label", option.label)
            writer.member("description", option.description)
            writer.member("recommended", option.isRecommended)
            writer.member("risk", option.risk?.rawValue)
            writer.member("estimated_cost", option.estimatedCost)
            writer.key("risks")
            writer.value(.array(option.risks.map { .string($0) }))
            writer.endObject()
        }
        writer.endArray()
        writer.key("max_selections")
        writer.integer(Int64(maximumSelections))
    }

    package var answerSchema: JSONValue {
        let one: JSONValue = ["enum": .array(options.map { .string($0.id) })]
        let many: JSONValue = [
            "type": "array", "items": one, "minItems": 1, "maxItems": .integer(Int64(maximumSelections)),
            "uniqueItems": true,
        ]
        return [
            "type": "object", "properties": ["decision": ["anyOf": [one, many]]], "required": ["decision"],
            "additionalProperties": false,
        ]
    }

    package func violations(ofAnswer answer: JSONValue) -> [JSONViolation] {
        var reader = JSONObjectReader(answer)
        if let value = reader.requiredValue("decision") {
            OptionList.check(
                value, key: "decision", ids: options.map(\.id), allowsCustom: false,
                maximumSelections: maximumSelections, in: &reader)
        }
        return reader.finish()
    }

    package func expandedDefault(_ value: JSONValue) -> JSONValue {
        value.objectValue == nil ? ["decision": value] : value
    }
}
