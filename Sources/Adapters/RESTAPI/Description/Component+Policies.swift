import HoldpointCore
import HoldpointPorts

/// The forms of policies and of what they say.
extension Component {
    private static let level = Schema.choice(of: ToolLevel.allCases.map(\.name))
    private static let sentences = Schema.list(of: .text())

    /// What a policy says of a call.
    private static let verdictMembers: [(String, Schema)] = [
        ("outcome", .choice(of: PolicyVerdict.Outcome.self)), ("level", level), ("risk", .choice(of: Risk.self)),
        ("confirmation", Schema.choice(of: Confirmation.self).orNull), ("phrase", Schema.text().orNull),
        ("rules", sentences), ("reasons", sentences),
        ("approvers", Schema.anyObject.orNull),
    ]

    static let policyForm = Schema.object([
        ("version", .integer(1)), ("policy", .anyObject), ("created_by", .text()), ("created_at", .time),
    ])
    static let policyDefinitionForm = Schema.object([("policy", .oneOf([.anyObject, .text()]))])
    static let policyTrialForm = Schema.object(
        [("call", .anyObject)], optional: [("policy", .oneOf([.anyObject, .text(), .null]))])
    static let policyVerdictForm = Schema.object([("version", Schema.integer(1).orNull)] + verdictMembers)

    /// What a policy said of a call when it was judged, as events and requests have it.
    static let judgedVerdictForm = Schema.object(
        [("version", .integer(1))] + verdictMembers + [
            (
                "counters",
                .list(
                    of: .object([
                        ("key", .text()), ("window", .integer(0)), ("amount", .integer(0)), ("at_dispatch", .boolean),
                    ]))
            )
        ])
}
