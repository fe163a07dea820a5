/// The end of a project's audit log: its last row.
package struct AuditHead: Sendable, Hashable {
    /// The number of the last row; 0 before the first.
    package let number: Int64
    /// Its hash.
    package let hash: Digest

    package init(number: Int64, hash: Digest) {
        self.number = number
        self.hash = hash
    }

    /// Before the first row.
    package static let beginning = AuditHead(number: 0, hash: .zero)
}

/// One row of a project's audit log.
package struct AuditRow: Sendable, Equatable {
    /// 1, 2, 3 … within the project.
    package let number: Int64
    /// What happened: canonical JSON text, as `AuditEntry` makes it.
    package let entry: [UInt8]
    /// Binds it to all rows before, see `AuditChain`.
    package let hash: Digest
    /// For a decision, the request that was decided.
    package let request: RequestID?
    /// For a decision, the signature of its receipt.
    package let signature: Signature?

    package init(number: Int64, entry: [UInt8], hash: Digest, request: RequestID?, signature: Signature?) {
        self.number = number
        self.entry = entry
        self.hash = hash
        self.request = request
        self.signature = signature
    }

    /// Where the log ends with this row.
    package var head: AuditHead { AuditHead(number: number, hash: hash) }
}

/// How large the parts of an audit log may become.
package enum AuditLimits {
    /// Bytes of a text that an entry copies from an event; of a longer one it holds the digest.
    package static let textBytes = 1_024
    /// Bytes of an entry of the audit log; a store refuses a longer one.
    package static let entryBytes = 32_768
    /// Rows that one transaction appends to an audit log; a store refuses more.
    package static let rows = 1_024
}
