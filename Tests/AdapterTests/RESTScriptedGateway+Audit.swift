import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON

/// What the gateway knows of audits: the receipt of an expired permission, which is also the log's only row.
extension RESTScriptedGateway {
    private static let signer = SimulatedSigner(seed: 3)
    private static let hasher = SimulatedHasher()

    var signingKey: SigningKey {
        let key = Self.signer.publicKey
        return SigningKey(id: key.id(Self.hasher), publicKey: key)
    }

    /// The row of a decision, made as the engine makes it.
    private func row(of request: RequestID) throws -> AuditRow {
        let session = SessionIdentity(
            scope: home, key: SessionKey(Identifier128(high: 0, low: 0)), id: try SessionID("order-7"))
        let data: JSONValue = [
            "request": .string(request.description), "response": ["action": "reject"], "answered": false,
        ]
        let event = AuditedEvent(
            session: session, sequence: 3, time: Timestamp(milliseconds: 0), type: EventType("hitl_expired"),
            data: data.serialized(), chain: .zero)
        let entry = AuditEntry(of: event, asked: nil, signingKey: signingKey.id, hasher: Self.hasher)
        let bare = AuditRow(number: 1, entry: entry.bytes, hash: .zero, request: nil, signature: nil)
        return AuditRow(
            number: 1, entry: entry.bytes, hash: .zero, request: request,
            signature: Self.signer.sign(ReceiptStatement(of: bare, entry, in: home).bytes))
    }

    func receipt(of request: RequestID, in scope: Scope) async throws(GatewayError) -> Receipt {
        try note("receipt", scope, detail: request.description)
        let row = scope == home ? try? row(of: request) : nil
        let receipt = row.flatMap {
            Receipt(of: $0, in: scope, key: Self.signer.publicKey, request: nil, closing: nil)
        }
        guard let receipt else { throw .rejected(Rejection(.requestNotFound, "there is no such request")) }
        return receipt
    }

    func auditLog(
        in scope: Scope, after number: Int64, limit: Int
    ) async throws(GatewayError) -> Page<ExportedAudit> {
        try note("auditLog", scope, detail: "after \(number) limit \(limit)")
        let request = RequestID(time: Timestamp(milliseconds: 7), random: Identifier128(high: 1, low: 1))
        let row = scope == home ? try? row(of: request) : nil
        let changed = row.map { AuditRow(number: 2, entry: [1], hash: $0.hash, request: nil, signature: nil) }
        let rows = [row, changed].compactMap { $0 }
        return Page(
            items: rows.map { ExportedAudit($0, in: scope, previous: $0.number == 1 ? .zero : nil) },
            nextCursor: state.nextCursor)
    }

    func auditHead(in scope: Scope) async throws(GatewayError) -> SignedAuditHead {
        try note("auditHead", scope)
        return SignedAuditHead(
            AuditHead(number: 1, hash: .zero), in: scope, at: Timestamp(milliseconds: 0), key: Self.signer.publicKey,
            hasher: Self.hasher, sign: Self.signer.sign)
    }
}
