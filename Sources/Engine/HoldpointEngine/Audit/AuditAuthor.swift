import HoldpointCore
import HoldpointPorts

/// Makes rows of audit logs: the entry, its place in the chain, and for a decision the signature of its receipt.
struct AuditAuthor: Sendable {
    private let signer: any Signer
    private let hasher: any Hasher
    private let keyID: String

    init(signer: any Signer, hasher: any Hasher) {
        self.signer = signer
        self.hasher = hasher
        keyID = signer.publicKey.id(hasher)
    }

    /// The row of an event that follows the end of the log.
    func row(of event: AuditedEvent, asked: AuditedOpening?, after head: AuditHead, in scope: Scope) -> AuditRow {
        let entry = AuditEntry(of: event, asked: asked, signingKey: keyID, hasher: hasher)
        let number = head.number + 1
        let hash = AuditChain.hash(after: head.hash, in: scope, number: number, entry: entry.bytes, hasher: hasher)
        let bare = AuditRow(number: number, entry: entry.bytes, hash: hash, request: nil, signature: nil)
        guard entry.isDecision else { return bare }
        let statement = ReceiptStatement(of: bare, entry, in: scope)
        return AuditRow(
            number: number, entry: entry.bytes, hash: hash, request: entry.request,
            signature: signer.sign(statement.bytes))
    }
}
