import JSON

/// Where an audit log contradicts itself.
package struct AuditFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The row at which it shows.
    package let number: Int64
    /// What does not fit, without data.
    package let detail: String

    package init(number: Int64, detail: String) {
        self.number = number
        self.detail = detail
    }

    package var description: String { "row \(number): \(detail)" }
}

/// Walks an audit log row by row, and finds the first that is not as it was written.
package struct AuditVerifier: Sendable {
    private let scope: Scope
    private let hasher: any Hasher
    private let signatures: (verifier: any SignatureVerifier, key: PublicKey)?
    private let claims: [AuditHead]
    /// The end of what was taken.
    package private(set) var head: AuditHead
    /// How many rows were taken.
    package private(set) var rows: Int64 = 0
    /// How many signatures were checked.
    package private(set) var checkedSignatures: Int64 = 0

    /// - Parameters:
    ///   - start: after which row to begin; what is before it is taken as it is.
    ///   - claims: where the log ended at some time, as is known from elsewhere.
    ///   - signatures: the key of which decisions must bear a signature; nil if it is not known.
    package init(
        of scope: Scope, after start: AuditHead = .beginning, reaching claims: [AuditHead] = [], hasher: any Hasher,
        signatures: (verifier: any SignatureVerifier, key: PublicKey)? = nil
    ) {
        self.scope = scope
        head = start
        self.claims = claims
        self.hasher = hasher
        self.signatures = signatures
    }

    /// Takes the next row; throws what is wrong with it, and has not taken it then.
    package mutating func take(_ row: AuditRow) throws(AuditFault) {
        let expected = head.number + 1
        guard row.number == expected else {
            throw AuditFault(
                number: expected,
                detail: row.number > expected ? "it is missing; row \(row.number) comes instead" : "it is there twice")
        }
        let hash = AuditChain.hash(
            after: head.hash, in: scope, number: row.number, entry: row.entry, hasher: hasher)
        guard hash == row.hash else {
            throw AuditFault(number: expected, detail: "its hash does not fit its entry and the row before it")
        }
        guard let entry = AuditEntry(recorded: row.entry) else {
            throw AuditFault(number: expected, detail: "its entry is not of the form that was written")
        }
        guard row.request == (entry.isDecision ? entry.request : nil) else {
            throw AuditFault(number: expected, detail: "it stands under another request than its entry names")
        }
        guard (row.signature != nil) == entry.isDecision else {
            throw AuditFault(
                number: expected, detail: entry.isDecision ? "its signature is missing" : "it has a signature too many")
        }
        try check(row, entry)
        if claims.contains(where: { $0.number == expected && $0.hash != row.hash }) {
            throw AuditFault(
                number: expected, detail: "its hash is not the one that the log is known to have had there")
        }
        head = row.head
        rows += 1
    }

    /// Ends the walk: throws unless the log goes as far as it is known to have gone.
    package func finish() throws(AuditFault) {
        guard let known = claims.map(\.number).max(), head.number < known else { return }
        throw AuditFault(number: head.number + 1, detail: "it is missing; the log is known to have had \(known) rows")
    }

    private mutating func check(_ row: AuditRow, _ entry: AuditEntry) throws(AuditFault) {
        guard let signature = row.signature, let (verifier, key) = signatures else { return }
        guard entry.signingKey == key.id(hasher) else {
            throw AuditFault(
                number: row.number, detail: "it was signed with another key: \(entry.signingKey ?? "unnamed")")
        }
        let statement = ReceiptStatement(of: row, entry, in: scope)
        guard verifier.isValid(signature, of: statement.bytes, by: key) else {
            throw AuditFault(number: row.number, detail: "its signature does not fit")
        }
        checkedSignatures += 1
    }
}
