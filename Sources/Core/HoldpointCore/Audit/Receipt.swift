package import JSON

/// What is signed about a decision: the members of its audit entry, where it stands in which log, and nothing else.
///
/// `{"holdpoint_receipt":1,"tenant":…,"project":…,"audit":{"n":…,"hash":…},…members of the entry but v}` as canonical
/// JSON (RFC 8785). It follows from the row, so that the store keeps the signature only.
package struct ReceiptStatement: Sendable, Equatable {
    /// The form that this release writes.
    static let version: Int64 = 1

    /// The members.
    package let value: JSONValue
    /// The bytes that are signed.
    package let bytes: [UInt8]

    /// The statement of a decision's row.
    package init(of row: AuditRow, _ entry: AuditEntry, in scope: Scope) {
        var members = entry.members
        members["v"] = nil
        members["holdpoint_receipt"] = .integer(Self.version)
        members["tenant"] = .string(scope.tenant.text)
        members["project"] = .string(scope.project.text)
        members["audit"] = ["n": .integer(row.number), "hash": .string(row.hash.description)]
        value = .object(members)
        bytes = (try? CanonicalJSON.encode(value)) ?? []
    }
}

/// The receipt of a decision, with what it is about: `{statement, signature, algorithm, public_key, arguments,
/// response}`.
///
/// `arguments` has `proposed` and `approved`; both and `response` are null where there are none, or where they are not
/// kept any more.
package struct Receipt: Sendable, Equatable {
    /// What is signed.
    package let statement: ReceiptStatement
    /// The signature.
    package let signature: Signature
    /// Whose signature it is.
    package let key: PublicKey
    /// The arguments as proposed.
    package let proposed: JSONValue?
    /// The arguments as approved.
    package let approved: JSONValue?
    /// The answer; secret values are handles.
    package let response: JSONValue?

    /// The receipt that a row holds; nil if the row is no decision, or is not as it was written.
    ///
    /// - Parameter request: the request and what became of it, if the store still has it.
    package init?(
        of row: AuditRow, in scope: Scope, key: PublicKey, request: HumanRequest?, closing: RequestClosing?
    ) {
        guard let entry = AuditEntry(recorded: row.entry), entry.isDecision, let signature = row.signature else {
            return nil
        }
        statement = ReceiptStatement(of: row, entry, in: scope)
        self.signature = signature
        self.key = key
        proposed = (request?.question as? PermissionQuestion)?.arguments
        response = closing?.response
        approved = closing?.approvedDigest == nil ? nil : response?["arguments"] ?? proposed
    }

    /// Writes the document.
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("statement", .some(statement.value))
        writer.member("signature", signature.description)
        writer.member("algorithm", PublicKey.algorithm)
        writer.member("public_key", key.description)
        writer.key("arguments")
        writer.beginObject()
        writer.member("proposed", proposed)
        writer.member("approved", approved)
        writer.endObject()
        writer.member("response", response)
        writer.endObject()
    }
}
