package import HoldpointCore

/// What the edges may ask about audit logs and receipts.
package protocol AuditGateway: Sendable {
    /// The key with which receipts and ends of logs are signed.
    var signingKey: SigningKey { get }

    /// The receipt of a decision, waiting a short while for a decision that is not audited yet.
    ///
    /// - Throws: `request_not_found`, `not_decided` for one that is pending; `unavailable` if the audit is late.
    func receipt(of request: RequestID, in scope: Scope) async throws(GatewayError) -> Receipt

    /// A page of the project's audit log, from the row after `number`.
    func auditLog(
        in scope: Scope, after number: Int64, limit: Int
    ) async throws(GatewayError) -> Page<ExportedAudit>

    /// Where the project's audit log ends now, signed.
    func auditHead(in scope: Scope) async throws(GatewayError) -> SignedAuditHead
}

/// A key that signs, as it is told to everybody.
package struct SigningKey: Sendable, Equatable {
    /// What documents name it by.
    package let id: String
    /// The key itself.
    package let publicKey: PublicKey

    package init(id: String, publicKey: PublicKey) {
        self.id = id
        self.publicKey = publicKey
    }
}
