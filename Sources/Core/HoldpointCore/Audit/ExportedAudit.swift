package import JSON

/// A row of an audit log as it is told and exported: `{tenant, project, n, previous, hash, entry, entry_hex, request,
/// signature}`.
///
/// `entry` is the entry as JSON; if what is stored is not what its canonical form would be, it is null, and `entry_hex`
/// has the bytes. `previous` is the hash of the row before; null if that row is missing.
package struct ExportedAudit: Sendable, Equatable {
    /// Whose log it is.
    package let scope: Scope
    /// The row.
    package let row: AuditRow
    /// The hash of the row before; nil if there is none.
    package let previous: Digest?

    package init(_ row: AuditRow, in scope: Scope, previous: Digest?) {
        self.scope = scope
        self.row = row
        self.previous = previous
    }

    /// Writes the row as an object.
    package func write(into writer: inout JSONWriter) {
        let value = try? JSONParser.parse(row.entry, limits: EventRegistry.recordedLimits)
        let isExact = value?.objectValue != nil && value.flatMap { try? CanonicalJSON.encode($0) } == row.entry
        writer.beginObject()
        writer.member("tenant", scope.tenant.text)
        writer.member("project", scope.project.text)
        writer.member("n", row.number)
        writer.member("previous", previous?.description)
        writer.member("hash", row.hash.description)
        writer.key(plain: "entry")
        if isExact { writer.raw(row.entry) } else { writer.null() }
        writer.member("entry_hex", isExact ? nil : Hexadecimal.encode(row.entry))
        writer.member("request", row.request?.description)
        writer.member("signature", row.signature?.description)
        writer.endObject()
    }

    /// Reads a row that was exported; nil for anything else.
    package init?(_ value: JSONValue) {
        guard let object = value.objectValue, Set(object.keys) == Self.keys, let number = value["n"]?.int64Value,
            let tenant = value["tenant"]?.stringValue.flatMap({ try? TenantName($0) }),
            let project = value["project"]?.stringValue.flatMap({ try? ProjectName($0) }),
            let hash = value["hash"]?.stringValue.flatMap({ Digest(hexadecimal: $0) })
        else { return nil }
        scope = Scope(tenant: tenant, project: project)
        let previous = value["previous"]?.stringValue
        self.previous = previous.flatMap { Digest(hexadecimal: $0) }
        let request = value["request"]?.stringValue
        let signature = value["signature"]?.stringValue
        let entry: [UInt8]? =
            if let text = value["entry_hex"]?.stringValue {
                Hexadecimal.decode(text)
            } else {
                value["entry"].flatMap { try? CanonicalJSON.encode($0) }
            }
        guard let entry else { return nil }
        row = AuditRow(
            number: number, entry: entry, hash: hash, request: request.flatMap { RequestID($0) },
            signature: signature.flatMap { Signature(hexadecimal: $0) })
        guard (previous == nil) == (self.previous == nil), (request == nil) == (row.request == nil),
            (signature == nil) == (row.signature == nil)
        else { return nil }
    }

    private static let keys: Set<String> = [
        "tenant", "project", "n", "previous", "hash", "entry", "entry_hex", "request", "signature",
    ]
}
