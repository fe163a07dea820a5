import HoldpointCore
import HoldpointPorts
import JSON

/// The forms of what is asked.
extension Component {
    /// The pattern of an agent's name.
    static let agentName = Schema.text(pattern: "^[A-Za-z0-9._-]{1,63}$")
    /// The pattern of a session's id.
    static let sessionID = Schema.text(pattern: "^[A-Za-z0-9._-]{1,128}$")
    /// Free words beside an act.
    static let words = Schema.text(maximum: RequestLimits.textLength).orNull
    /// A short name that must not be empty.
    static let name = Schema.text(minimum: 1, maximum: RequestLimits.nameLength)

    private static let labels = Schema.map(
        of: .text(maximum: SessionLimits.standard.labelLength), maximumCount: SessionLimits.standard.labels,
        maximumNameLength: SessionLimits.standard.labelLength
    ).orNull

    /// The document of a workflow is JSON, or YAML as text.
    static let agentDefinitionForm = Schema.oneOf([
        .object(
            [("kind", .constant(Program.external.rawValue))],
            optional: [("definition", .null), ("input_schema", Schema.schema.orNull), ("labels", labels)]),
        .object(
            [("kind", .constant(Program.workflow.rawValue)), ("definition", .oneOf([.anyObject, .text()]))],
            optional: [("input_schema", Schema.schema.orNull), ("labels", labels)]),
    ])

    static let sessionStartForm = Schema.object(
        [("agent", agentName), ("input", .anything)],
        optional: [
            ("id", sessionID.orNull), ("labels", labels),
            ("on_behalf_of", Schema.text(maximum: RequestLimits.nameLength).orNull),
        ])

    /// The pattern of a secret's name.
    static let secretName = Schema.text(pattern: "^\(SecretName.form)$")

    /// Its value as JSON may have so many bytes; counted in scalars, so many always are too long.
    static let secretDefinitionForm = Schema.object([
        (
            "value",
            .oneOf([.text(minimum: 1, maximum: ProjectSecretLimits.valueBytes - 2), .filledObject])
        )
    ])

    /// A problem document of the caller's own (RFC 9457).
    static let callersProblem = Schema.open([
        ("type", .text()), ("title", .text()), ("detail", .text()), ("instance", .text()), ("status", .integer()),
    ])

    /// What may be asked of a human, by type.
    static let draftForms: [Schema] = [
        draft(
            .clarification,
            optional: [
                ("question", text), ("options", options([])), ("allow_custom", .boolean), ("default", .anything),
                ("response_schema", Schema.schema.orNull),
            ]),
        draft(
            .decision,
            [
                (
                    "options",
                    options(
                        [
                            ("risk", Schema.choice(of: Risk.self).orNull),
                            ("estimated_cost", Schema.text(maximum: RequestLimits.nameLength).orNull),
                            ("risks", texts),
                        ], minimum: 1)
                )
            ],
            optional: [
                ("question", text), ("decision_type", Schema.text(maximum: RequestLimits.nameLength).orNull),
                ("max_selections", .integer(1, to: Int64(RequestLimits.optionCount))), ("default", .anything),
                ("response_schema", Schema.schema.orNull),
            ]),
        draft(
            .environment, [("tool", shortText), ("fields", fields)],
            optional: [("allow_save", .boolean), ("default", .null), ("response_schema", .null)]),
        draft(
            .permission, [("tool", shortText), ("arguments", .anyObject)],
            optional: [
                ("risk", Schema.choice(of: Risk.self).orNull), ("reasons", texts), ("allow_edit", .boolean),
                ("allow_remember", .boolean), ("confidence", Schema.share.orNull), ("default", .null),
                ("response_schema", Schema.schema.orNull),
            ]),
    ]

    private static let shortText = Schema.text(maximum: RequestLimits.nameLength)
    private static let text = Schema.text(maximum: RequestLimits.textLength)
    private static let texts = Schema.list(of: text, maximum: RequestLimits.optionCount)

    private static func draft(
        _ type: RequestType, _ required: [(String, Schema)] = [], optional: [(String, Schema)]
    ) -> Schema {
        .object(
            [
                ("type", .constant(type.rawValue)),
                ("title", .text(minimum: 1, maximum: RequestLimits.titleLength)),
            ] + required,
            optional: [
                ("message", words), ("context", .anything),
                ("expires_in", Schema.integer(1, to: RequestLimits.expirySeconds).orNull),
            ] + draftMembers + optional)
    }

    private static func options(_ own: [(String, Schema)], minimum: Int? = nil) -> Schema {
        .list(
            of: .object(
                [("id", name)], optional: [("label", text), ("description", words), ("recommended", .boolean)] + own),
            minimum: minimum, maximum: RequestLimits.optionCount)
    }

    private static let fields = Schema.list(
        of: .object(
            [("name", name)],
            optional: [
                ("label", text), ("description", words), ("required", .boolean), ("secret", .boolean),
                ("input_type", .choice(of: EnvironmentField.InputType.self)), ("pattern", words),
                ("default", Schema.text(maximum: RequestLimits.valueLength).orNull),
            ]),
        minimum: 1, maximum: RequestLimits.fieldCount)
}
