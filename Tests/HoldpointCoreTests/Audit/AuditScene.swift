import HoldpointCore
import JSON

/// Signs with a digest, so that Core's tests need no cryptography.
struct DigestSigner: SignatureVerifier {
    let key: PublicKey

    init(_ text: String) { key = PublicKey(SHA256Hasher().sha256(Array(text.utf8))) }

    func sign(_ message: [UInt8]) -> Signature { Self.signature(of: message, by: key) }

    func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool {
        signature == Self.signature(of: message, by: key)
    }

    private static func signature(of message: [UInt8], by key: PublicKey) -> Signature {
        let half = SHA256Hasher().sha256(key.bytes + message).bytes
        return Signature(bytes: half + half) ?? .blank
    }
}

/// A small audit log, made as the auditor makes it.
struct AuditScene {
    static let hasher = SHA256Hasher()
    static let signer = DigestSigner("signer")

    let scope: Scope
    let session: SessionIdentity
    let request: HumanRequest
    let opened: [UInt8]

    init() throws {
        scope = Scope(tenant: try TenantName("acme"), project: try ProjectName("billing"))
        session = SessionIdentity(
            scope: scope, key: SessionKey(Identifier128(high: 1, low: 2)), id: try SessionID("order-7"))
        let file = try GoldenHistory.events().first { entry in
            try entry.type == "hitl_requested" && entry.json()["type"] == "permission"
        }
        guard let file else { throw Missing() }
        opened = file.data
        request = try HumanRequest(recorded: try JSONParser.parse(opened))
    }

    struct Missing: Error {}

    func event(_ type: String, _ data: JSONValue, sequence: Int64 = 3) -> AuditedEvent {
        event(type, data.serialized(), sequence: sequence)
    }

    func event(_ type: String, _ data: [UInt8], sequence: Int64 = 3) -> AuditedEvent {
        AuditedEvent(
            session: session, sequence: sequence, time: Timestamp(milliseconds: 1_763_683_200_000),
            type: EventType(type), data: data, chain: Self.hasher.sha256([7]))
    }

    func answered(_ response: JSONValue, comment: String? = nil, approved: JSONValue? = nil) throws -> AuditedEvent {
        let digest = try approved.map { Self.hasher.sha256(try CanonicalJSON.encode($0)).description }
        return event(
            "hitl_responded",
            [
                "request": .string(request.id.description), "response": response,
                "comment": comment.map { .string($0) } ?? .null, "by": "key:alice",
                "received_at": "2025-11-21T00:00:00.000Z", "fingerprint": "f00d",
                "approved_digest": digest.map { .string($0) } ?? .null,
            ])
    }

    func entry(of event: AuditedEvent, opened: [UInt8]? = nil) -> AuditEntry {
        AuditEntry(
            of: event, asked: opened.flatMap { AuditedOpening($0, hasher: Self.hasher) },
            signingKey: Self.signer.key.id(Self.hasher), hasher: Self.hasher)
    }

    func row(_ entry: AuditEntry, after head: AuditHead) -> AuditRow {
        let hash = AuditChain.hash(
            after: head.hash, in: scope, number: head.number + 1, entry: entry.bytes, hasher: Self.hasher)
        let bare = AuditRow(number: head.number + 1, entry: entry.bytes, hash: hash, request: nil, signature: nil)
        guard entry.isDecision else { return bare }
        return AuditRow(
            number: bare.number, entry: bare.entry, hash: hash, request: entry.request,
            signature: Self.signer.sign(ReceiptStatement(of: bare, entry, in: scope).bytes))
    }

    /// Five rows: a session starts, asks, is answered, asks no more, and ends.
    func log() throws -> [AuditRow] {
        let entries = [
            entry(of: event("session_started", ["agent": "clerk", "version": 3, "by": "key:alice", "input": [1]])),
            entry(of: event("hitl_requested", opened)),
            entry(of: try answered(["action": "approve"], approved: arguments), opened: opened),
            entry(of: event("session_paused", ["by": "key:bob", "reason": "lunch"])),
            entry(of: event("session_completed", ["output": ["done": true]])),
        ]
        var head = AuditHead.beginning
        return entries.map { entry in
            let row = row(entry, after: head)
            head = row.head
            return row
        }
    }

    var arguments: JSONValue { (request.question as? PermissionQuestion)?.arguments ?? .null }

    /// What is wrong with a log; nil if all fits.
    func fault(
        _ rows: [AuditRow], in scope: Scope? = nil, reaching claims: [AuditHead] = [],
        signer: DigestSigner? = AuditScene.signer
    ) -> AuditFault? {
        var verifier = AuditVerifier(
            of: scope ?? self.scope, reaching: claims, hasher: Self.hasher, signatures: signer.map { ($0, $0.key) })
        do throws(AuditFault) {
            for row in rows { try verifier.take(row) }
            try verifier.finish()
            return nil
        } catch {
            return error
        }
    }
}

extension AuditRow {
    func changed(
        number: Int64? = nil, entry: [UInt8]? = nil, hash: Digest? = nil, request: RequestID?? = nil,
        signature: Signature?? = nil
    ) -> AuditRow {
        AuditRow(
            number: number ?? self.number, entry: entry ?? self.entry, hash: hash ?? self.hash,
            request: request ?? self.request, signature: signature ?? self.signature)
    }
}
