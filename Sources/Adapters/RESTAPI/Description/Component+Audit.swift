import HoldpointCore

/// The forms of receipts and audit logs.
extension Component {
    private static let digest = Schema.text(pattern: "^[0-9a-f]{64}$")
    private static let signature = Schema.text(pattern: "^[0-9a-f]{128}$")
    private static let keyID = Schema.text(pattern: "^[0-9a-f]{16}$")
    private static let scopePart = Schema.text(pattern: "^[a-z0-9-]{1,63}$")

    static let signingKeyForm = Schema.object([
        ("id", keyID), ("algorithm", .constant(PublicKey.algorithm)), ("public_key", digest),
    ])

    static let auditEntryForm = Schema.object(
        AuditEntry.names.required.map { ($0, form(of: $0)) },
        optional: AuditEntry.names.optional.map { ($0, form(of: $0)) })

    static let auditRowForm = Schema.object([
        ("tenant", scopePart), ("project", scopePart), ("n", .integer(1)), ("previous", digest.orNull),
        ("hash", digest),
        ("entry", Schema.reference(.auditEntry).orNull), ("entry_hex", Schema.text().orNull),
        ("request", Schema.text().orNull), ("signature", signature.orNull),
    ])

    static let auditHeadForm = signed(
        .object([
            ("holdpoint_audit_head", .integer(1, to: 1)), ("tenant", scopePart), ("project", scopePart),
            ("n", .integer(0)),
            ("hash", digest), ("time", .time), ("signing_key", keyID),
        ]))

    static let receiptForm = signed(
        .object(
            [
                ("holdpoint_receipt", .integer(1, to: 1)), ("tenant", scopePart), ("project", scopePart),
                ("audit", .object([("n", .integer(1)), ("hash", digest)])),
            ] + AuditEntry.names.required.filter { $0 != "v" }.map { ($0, form(of: $0)) },
            optional: AuditEntry.names.optional.map { ($0, form(of: $0)) }),
        with: [
            ("arguments", .object([("proposed", Schema.anyObject.orNull), ("approved", Schema.anyObject.orNull)])),
            ("response", Schema.anyObject.orNull),
        ])

    private static func signed(_ statement: Schema, with others: [(String, Schema)] = []) -> Schema {
        .object(
            [
                ("statement", statement), ("signature", signature), ("algorithm", .constant(PublicKey.algorithm)),
                ("public_key", digest),
            ] + others)
    }

    private static func form(of name: String) -> Schema {
        switch name {
        case "v": .integer(1, to: 1)
        case "seq": .integer(1)
        case "time": .time
        case "signing_key": keyID
        case "chain",
            _ where name.hasSuffix("_digest"):
            digest
        case "type", "session", "by", "request", "result": .text()
        default: .anything
        }
    }
}
