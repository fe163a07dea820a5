import HoldpointPorts

/// The forms of tenants, projects and keys.
extension Component {
    private static let scopeName = Schema.text(pattern: "^[a-z0-9-]{1,63}$")
    private static let scopes = Schema.list(
        of: .choice(of: KeyScope.self), minimum: 1, maximum: KeyScope.allCases.count)

    static let tenantForm = Schema.object([("name", scopeName)])
    static let projectForm = Schema.object([("tenant", scopeName), ("name", scopeName)])
    static let projectCreationForm = Schema.object([("name", scopeName)])
    static let keyCreationForm = Schema.object(
        [("scopes", scopes)], optional: [("project", scopeName.orNull)])
    static let keyRotationForm = Schema.object(
        [], optional: [("grace_seconds", Schema.integer(0, to: KeyGrace.maximumSeconds).orNull)])
    static let retentionForm = Schema.object([
        ("finished_after_days", Schema.integer(1, to: RetentionLimits.days).orNull),
        ("mode", Schema.choice(of: RetentionPolicy.Mode.self).orNull),
    ])
    static let retentionDefinitionForm = Schema.object([
        ("finished_after_days", .integer(1, to: RetentionLimits.days)),
        ("mode", .choice(of: RetentionPolicy.Mode.self)),
    ])
    static let keyForm = Schema.object(keyMembers)
    static let issuedKeyForm = Schema.object([("key", .text())] + keyMembers)

    private static let keyMembers: [(String, Schema)] = [
        ("id", .text()), ("tenant", scopeName), ("project", scopeName.orNull),
        ("scopes", .list(of: .choice(of: KeyScope.self))), ("created_at", .time), ("rotated_at", Schema.time.orNull),
        ("replaced_valid_until", Schema.time.orNull), ("revoked_at", Schema.time.orNull),
    ]
}
