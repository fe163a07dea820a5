import HoldpointCore
import HoldpointPorts

/// The forms of people, and of what they do about requests.
extension Component {
    /// The pattern of a user's id.
    static let userID = Schema.text(pattern: "^\(UserID.form)$")
    private static let groupName = Schema.text(pattern: "^\(GroupName.form)$")
    private static let accreditation = Schema.choice(of: Accreditation.self)

    static let userForm = Schema.object([
        ("id", userID), ("name", Schema.text().orNull), ("accreditation", accreditation),
        ("groups", .list(of: groupName)), ("addresses", .map(of: .text())), ("active", .boolean),
        ("updated_at", .time),
    ])

    static let userDefinitionForm = Schema.object(
        [],
        optional: [
            ("name", Schema.text(minimum: 1, maximum: PeopleLimits.nameLength).orNull),
            ("accreditation", accreditation), ("groups", .list(of: groupName, maximum: PeopleLimits.groups)),
            (
                "addresses",
                .map(
                    of: .text(minimum: 1, maximum: PeopleLimits.addressLength), maximumCount: PeopleLimits.addresses,
                    maximumNameLength: 64)
            ),
            ("active", .boolean),
        ])

    /// Who may answer, as it is shown.
    static let approversForm = Schema.object(
        [("quorum", .integer(1)), ("not_requester", .boolean)],
        optional: [
            ("accreditation", accreditation), ("users", .list(of: userID)), ("groups", .list(of: groupName)),
            (
                "all_of",
                .list(
                    of: .object([], optional: [("users", .list(of: userID)), ("groups", .list(of: groupName))]),
                    minimum: 1)
            ),
        ])

    private static let names: [(String, Schema)] = [
        ("users", .list(of: userID, minimum: 1, maximum: PeopleLimits.approvers)),
        ("groups", .list(of: groupName, minimum: 1, maximum: PeopleLimits.approvers)),
    ]

    /// Who is to answer, as it is asked for.
    static let approversDefinitionForm = Schema.object(
        [],
        optional: [
            ("accreditation", accreditation),
            ("all_of", .list(of: .object([], optional: names), maximum: PeopleLimits.circles)),
            ("quorum", .integer(1, to: PeopleLimits.quorum)), ("not_requester", .boolean),
        ] + names)

    /// Members of every body that opens a request.
    static let draftMembers: [(String, Schema)] = [
        ("approvers", Schema.reference(.approversDefinition).orNull),
        (
            "reminders",
            Schema.list(of: .integer(1, to: RequestLimits.expirySeconds), maximum: PeopleLimits.reminders).orNull
        ),
        (
            "escalation",
            Schema.list(
                of: .object([
                    ("after", .integer(1, to: RequestLimits.expirySeconds)),
                    ("approvers", .reference(.approversDefinition)),
                ]),
                maximum: PeopleLimits.escalationSteps
            ).orNull
        ),
    ]

    /// Members of a request that are there only where they say something.
    static let requestOptions: [(String, Schema)] = [
        ("approvers", .reference(.approvers)), ("reminders", .list(of: .integer(1), minimum: 1)),
        (
            "escalation",
            .list(of: .object([("after", .integer(1)), ("approvers", .reference(.approvers))]), minimum: 1)
        ),
        ("follows", .text()), ("reopened_by", .text()), ("reopened_via", .text()), ("responded_via", .text()),
        ("approvals", .list(of: approval, minimum: 1)), ("progress", .reference(.progress)),
    ]

    private static let approval = Schema.object([
        ("user", userID), ("via", .text()), ("action", .choice(of: ["approve", "edit"])), ("received_at", .time),
    ])

    /// What was done about a pending request.
    static let progressForm = Schema.object([
        ("digest", Schema.text().orNull), ("arguments", Schema.anyObject.orNull), ("votes", .list(of: approval)),
        ("claimed_by", userID.orNull), ("claimed_until", Schema.time.orNull), ("delegates", .list(of: userID)),
        ("reminded", .integer(0)), ("escalated", .integer(0)),
    ])

    /// Members beside an answer.
    static let answerMembers: [(String, Schema)] = [("comment", words), ("as", userID.orNull)]

    static let namedAnswerForm = Schema.object(
        [("request", .text()), ("response", .anyObject)], optional: answerMembers)

    static let answersForm = Schema.object([
        ("answers", .list(of: .reference(.namedAnswer), minimum: 1, maximum: PeopleLimits.answersPerCall))
    ])

    /// The bodies are those of answers in calls of their own.
    static let answerOutcomesForm = Schema.object([
        (
            "outcomes",
            .list(
                of: .object([
                    ("request", .text()), ("status", .integer(200, to: 599)),
                    ("body", .oneOf([.reference(.request), .reference(.command), .reference(.problem)])),
                ]))
        )
    ])

    static let claimForm = Schema.object(
        [("as", userID)], optional: [("for", Schema.integer(1, to: PeopleLimits.claimSeconds).orNull)])

    /// The `data` of events about what people do with a request.
    static let peopleData: [String: Schema] = [
        "hitl_voted": .object(
            actor + [
                ("action", .choice(of: ["approve", "edit"])), ("response", .anyObject),
                ("comment", Schema.text().orNull), ("digest", .text()), ("votes", .integer(1)),
                ("needed", .integer(2)), ("received_at", .time), ("fingerprint", .text()),
            ]),
        "hitl_claimed": .object(actor + [("until", .time)]),
        "hitl_released": .object(actor),
        "hitl_delegated": .object(actor + [("to", userID), ("approvers", .reference(.approvers))]),
        "hitl_reminded": .object([("request", .text()), ("number", .integer(1))]),
        "hitl_escalated": .object([
            ("request", .text()), ("step", .integer(1)), ("approvers", .reference(.approvers)),
        ]),
        "hitl_responded": .object(
            [
                ("request", .text()), ("response", .anything), ("comment", Schema.text().orNull), ("by", .text()),
                ("received_at", .time), ("fingerprint", .text()), ("approved_digest", Schema.text().orNull),
            ],
            optional: [
                ("via", .text()), ("approvals", .list(of: approval, minimum: 1)),
                ("policy", .reference(.judgedVerdict)),
            ]),
    ]

    private static let actor: [(String, Schema)] = [("request", .text()), ("user", userID), ("via", .text())]
}
