import HoldpointCore
import HoldpointPorts
import JSON

/// The forms of what is answered.
extension Component {
    static let agentForm = Schema.object([
        ("name", .text()), ("kind", .choice(of: Program.self)), ("version", .integer(1)),
        ("definition", Schema.anyObject.orNull), ("input_schema", Schema.schema.orNull),
        ("labels", .map(of: .text())), ("created_at", .time),
    ])

    static let sessionForm = Schema.object(
        [
            ("id", .text()), ("agent", .text()), ("version", .integer(1)), ("status", .choice(of: SessionStatus.self)),
            ("seq", .integer(1)), ("input", .anything), ("output", .anything), ("error", .anything),
            ("open_requests", .list(of: .reference(.request))), ("labels", .map(of: .text())),
            ("on_behalf_of", Schema.text().orNull), ("created_at", .time), ("updated_at", .time),
        ], optional: [("parent", .text()), ("continues", .text()), ("continued_as", .text())])

    static let commandForm = Schema.object([
        ("id", .text()), ("kind", .text()), ("session", .text()),
        ("status", .choice(of: ["pending", "applied", "refused", "dead"])),
        ("outcome", Schema.reference(.outcome).orNull), ("received_at", .time), ("attempts", .integer(0)),
    ])

    static let problemForm = Schema.object(
        [
            ("type", .text(pattern: "^urn:holdpoint:problem:[a-z_]+$")), ("title", .text()),
            ("status", .integer(400, to: 599)), ("code", .text(pattern: "^[a-z_]+$")), ("detail", .text()),
        ],
        optional: [
            ("request_id", .text()),
            ("errors", .list(of: .reference(.violation), minimum: 1, maximum: Problem.maximumViolations)),
            ("winner", .reference(.winner)),
        ])

    /// A request of one type: what all have, and what this one has of its own.
    static func requestForm(
        _ type: RequestType, _ own: [(String, Schema)], optional: [(String, Schema)] = []
    ) -> Schema {
        .object(
            [
                ("id", .text()), ("session", .text()), ("type", .constant(type.rawValue)),
                ("status", .choice(of: RequestStatus.self)), ("title", .text()), ("message", Schema.text().orNull),
            ] + own + [
                ("arguments_digest", Schema.text().orNull), ("context", .anything), ("default", .anything),
                ("response_schema", .schema), ("custom_schema", .boolean), ("opened_by", .text()),
                ("created_at", .time), ("expires_at", Schema.time.orNull), ("response", .anything),
                ("responded_by", Schema.text().orNull), ("responded_at", Schema.time.orNull),
                ("comment", Schema.text().orNull), ("approved_digest", Schema.text().orNull),
            ], optional: requestOptions + optional)
    }

    static let clarificationMembers: [(String, Schema)] = [
        ("question", .text()),
        (
            "options",
            .list(
                of: .object([
                    ("id", .text()), ("label", .text()), ("description", Schema.text().orNull),
                    ("recommended", .boolean),
                ]))
        ),
        ("allow_custom", .boolean),
    ]

    static let decisionMembers: [(String, Schema)] = [
        ("question", .text()), ("decision_type", Schema.text().orNull),
        (
            "options",
            .list(
                of: .object([
                    ("id", .text()), ("label", .text()), ("description", Schema.text().orNull),
                    ("recommended", .boolean), ("risk", Schema.choice(of: Risk.self).orNull),
                    ("estimated_cost", Schema.text().orNull), ("risks", .list(of: .text())),
                ]))
        ),
        ("max_selections", .integer(1)),
    ]

    static let environmentMembers: [(String, Schema)] = [
        ("tool", .text()),
        (
            "fields",
            .list(
                of: .object([
                    ("name", .text()), ("label", .text()), ("description", Schema.text().orNull),
                    ("required", .boolean), ("secret", .boolean),
                    ("input_type", .choice(of: EnvironmentField.InputType.self)),
                    ("pattern", Schema.text().orNull), ("default", Schema.text().orNull),
                ]))
        ),
        ("allow_save", .boolean),
    ]

    static let permissionMembers: [(String, Schema)] = [
        ("tool", .text()), ("arguments", .anyObject), ("risk", Schema.choice(of: Risk.self).orNull),
        ("reasons", .list(of: .text())), ("allow_edit", .boolean), ("allow_remember", .boolean),
    ]
}
