import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON

extension Model {
    /// Signs for all nodes of a run.
    static let signer = SimulatedSigner(seed: 1)

    /// Whether an event on the feed is not audited yet.
    func awaitsAudit(in store: MemoryStore) -> Bool {
        store.auditLog(of: scope).count < store.feed(of: scope).count
    }

    /// The audit log must be whole, and have each event of the feed once, in its order.
    mutating func judgeAudit(of store: MemoryStore) {
        let (rows, feed) = (store.auditLog(of: scope), store.feed(of: scope))
        var verifier = AuditVerifier(
            of: scope, hasher: SimulatedHasher(), signatures: (Self.signer, Self.signer.publicKey))
        do throws(AuditFault) {
            for row in rows { try verifier.take(row) }
        } catch {
            return fail("audit", "\(error)")
        }
        if rows.count != feed.count { fail("audit", "\(feed.count) events on the feed have \(rows.count) rows") }
        for (row, item) in zip(rows, feed) {
            let entry = AuditEntry(recorded: row.entry)
            guard entry?.members["chain"]?.stringValue == item.event.chain.description,
                entry?.members["session"]?.stringValue == item.session.id.text
            else { return fail("audit", "row \(row.number) is not that of \(item.session.id)#\(item.event.sequence)") }
        }
    }
}
