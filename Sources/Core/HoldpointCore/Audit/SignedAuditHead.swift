package import JSON

/// Where a project's audit log ended at some time, signed: whoever keeps it can tell later that rows were removed.
///
/// What is signed is `{"holdpoint_audit_head":1,"tenant":…,"project":…,"n":…,"hash":…,"time":…,"signing_key":…}` as
/// canonical JSON (RFC 8785); the document is `{statement, signature, algorithm, public_key}`.
package struct SignedAuditHead: Sendable, Equatable {
    private static let version: Int64 = 1

    /// What is signed.
    package let statement: JSONValue
    /// The signature.
    package let signature: Signature
    /// Whose signature it is.
    package let key: PublicKey

    /// Signs the end of a log.
    package init(
        _ head: AuditHead, in scope: Scope, at time: Timestamp, key: PublicKey, hasher: any Hasher,
        sign: ([UInt8]) -> Signature
    ) {
        statement = [
            "holdpoint_audit_head": .integer(Self.version), "tenant": .string(scope.tenant.text),
            "project": .string(scope.project.text), "n": .integer(head.number),
            "hash": .string(head.hash.description), "time": .string(time.description),
            "signing_key": .string(key.id(hasher)),
        ]
        self.key = key
        signature = sign((try? CanonicalJSON.encode(statement)) ?? [])
    }

    /// Writes the document.
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("statement", .some(statement))
        writer.member("signature", signature.description)
        writer.member("algorithm", PublicKey.algorithm)
        writer.member("public_key", key.description)
        writer.endObject()
    }

    /// Reads where a log ended from a document; throws what does not fit in it.
    ///
    /// - Parameter key: whose signature it must be; nil takes the key that the document itself names.
    package static func read(
        _ document: JSONValue, key: PublicKey?, verifier: any SignatureVerifier, hasher: any Hasher
    ) throws(InvalidAuditHead) -> (scope: Scope, head: AuditHead) {
        let statement = document["statement"]
        guard let statement, statement["holdpoint_audit_head"]?.int64Value == version,
            let tenant = statement["tenant"]?.stringValue.flatMap({ try? TenantName($0) }),
            let project = statement["project"]?.stringValue.flatMap({ try? ProjectName($0) }),
            let number = statement["n"]?.int64Value, number >= 0,
            let hash = statement["hash"]?.stringValue.flatMap({ Digest(hexadecimal: $0) })
        else { throw InvalidAuditHead(description: "/statement: is not that of the end of an audit log") }
        if let fault = SignedDocument.fault(document, key: key, verifier: verifier, hasher: hasher) {
            throw InvalidAuditHead(description: fault.description)
        }
        return (Scope(tenant: tenant, project: project), AuditHead(number: number, hash: hash))
    }
}

/// Why a document is not the signed end of an audit log.
package struct InvalidAuditHead: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
}
