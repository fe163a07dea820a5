import HoldpointCore
import JSON
import Testing

@Suite("Audit log: chain") struct AuditChainTests {
    private static let hasher = AuditScene.hasher

    @Test func `a log that nobody touched fits, with and without its key and whatever is claimed of it`() throws {
        let scene = try AuditScene()
        let rows = try scene.log()
        #expect(scene.fault(rows) == nil)
        #expect(scene.fault(rows, signer: nil) == nil)
        #expect(scene.fault([]) == nil)
        #expect(scene.fault(rows, reaching: [.beginning, rows[2].head, rows[4].head]) == nil)
        #expect(rows.filter { $0.signature != nil }.map(\.number) == [3])
    }

    @Test func `a changed bit of any byte of any entry is found, and the row named`() throws {
        let scene = try AuditScene()
        let rows = try scene.log()
        for (index, row) in rows.enumerated() {
            for byte in row.entry.indices {
                var entry = row.entry
                entry[byte] ^= 1
                var changed = rows
                changed[index] = row.changed(entry: entry)
                #expect(scene.fault(changed, signer: nil)?.number == row.number, "byte \(byte) of row \(row.number)")
            }
        }
    }

    @Test func `a changed bit of a hash, a signature or the request of a row is found, and the row named`() throws {
        let scene = try AuditScene()
        let rows = try scene.log()
        let decision = rows[2]
        let signature = try #require(decision.signature)
        var changes = (0..<32).map { byte -> AuditRow in
            var bytes = decision.hash.bytes
            bytes[byte] ^= 0x80
            return decision.changed(hash: Digest(bytes: bytes))
        }
        changes += (0..<Signature.size).map { byte in
            var bytes = signature.bytes
            bytes[byte] ^= 1
            return decision.changed(signature: Signature(bytes: bytes))
        }
        let other = RequestID(time: Timestamp(milliseconds: 7), random: Identifier128(high: 1, low: 1))
        changes += [
            decision.changed(request: .some(nil)), decision.changed(request: other),
            decision.changed(signature: .some(nil)), decision.changed(number: 4),
        ]
        for change in changes {
            #expect(scene.fault([rows[0], rows[1], change, rows[3], rows[4]])?.number == 3)
        }
        let plain = [rows[0].changed(signature: signature), rows[0].changed(request: other)]
        for change in plain { #expect(scene.fault([change])?.number == 1) }
    }

    @Test func `a row that is missing, doubled, moved or of another project is found`() throws {
        let scene = try AuditScene()
        let rows = try scene.log()
        func fault(_ numbers: [Int]) -> Int64? { scene.fault(numbers.map { rows[$0 - 1] })?.number }
        #expect(fault([2, 3, 4, 5]) == 1)
        #expect(fault([1, 2, 4, 5]) == 3)
        #expect(fault([1, 1, 2]) == 2)
        #expect(fault([1, 3, 2, 4, 5]) == 2)
        // Renumbered, so that there is no hole.
        #expect(scene.fault([rows[0], rows[2].changed(number: 2)])?.number == 2)
        for (tenant, project) in [("acme", "shipping"), ("acm", "ebilling"), ("other", "billing")] {
            let scope = Scope(tenant: try TenantName(tenant), project: try ProjectName(project))
            #expect(scene.fault(rows, in: scope)?.number == 1)
        }
    }

    @Test func `rows that were removed from the end, or written anew, are found by what was known before`() throws {
        let scene = try AuditScene()
        let rows = try scene.log()
        let known = rows[4].head
        #expect(scene.fault(Array(rows.prefix(3))) == nil)
        #expect(scene.fault(Array(rows.prefix(3)), reaching: [known])?.number == 4)
        #expect(scene.fault([], reaching: [known])?.number == 1)
        // A whole chain that somebody made anew fits in itself.
        let forged = scene.row(scene.entry(of: scene.event("session_failed", ["error": [:]])), after: rows[3].head)
        #expect(scene.fault(Array(rows.prefix(4)) + [forged]) == nil)
        #expect(scene.fault(Array(rows.prefix(4)) + [forged], reaching: [known])?.number == 5)
    }

    @Test func `a decision that somebody without the key wrote is found`() throws {
        let scene = try AuditScene()
        let rows = try scene.log()
        let entry = scene.entry(of: try scene.answered(["action": "reject"]), opened: scene.opened)
        let real = scene.row(entry, after: rows[1].head)
        #expect(scene.fault([rows[0], rows[1], real]) == nil)
        let forged = real.changed(
            signature: DigestSigner("another").sign(ReceiptStatement(of: real, entry, in: scene.scope).bytes))
        #expect(scene.fault([rows[0], rows[1], forged])?.number == 3)
        // With a chain that fits, and the signature of another decision.
        #expect(scene.fault([rows[0], rows[1], real.changed(signature: rows[2].signature)])?.number == 3)
        #expect(scene.fault(rows, signer: DigestSigner("another"))?.detail.contains("another key") == true)
    }

    @Test func `every part of what a hash covers counts`() throws {
        let scope = Scope(tenant: try TenantName("ab"), project: try ProjectName("c"))
        let shifted = Scope(tenant: try TenantName("a"), project: try ProjectName("bc"))
        func hash(_ previous: Digest, _ scope: Scope, _ number: Int64, _ entry: [UInt8]) -> Digest {
            AuditChain.hash(after: previous, in: scope, number: number, entry: entry, hasher: Self.hasher)
        }
        let hashes: Set<Digest> = [
            hash(.zero, scope, 1, [1]), hash(Self.hasher.sha256([]), scope, 1, [1]), hash(.zero, shifted, 1, [1]),
            hash(.zero, scope, 2, [1]), hash(.zero, scope, 1, [2]), hash(.zero, scope, 1, []),
        ]
        #expect(hashes.count == 6)
        // The form is fixed for ever: a value that was worked out apart from this code.
        #expect(
            hash(.zero, scope, 1, Array("{}".utf8)).description
                == "bbd327f898ff8ba83227e723cf586766f29983f878dfa9c85644bc93ca862cd2")
    }

    @Test func `projects are audited by all shards alike`() throws {
        var counts: [Shard: Int] = [:]
        for number in 0..<25_600 {
            let scope = Scope(tenant: try TenantName("acme"), project: try ProjectName("project-\(number)"))
            counts[Shard(auditing: scope), default: 0] += 1
        }
        #expect(counts.count == 256)
        #expect(counts.values.allSatisfy { (50...160).contains($0) })
        let pinned = Scope(tenant: try TenantName("acme"), project: try ProjectName("billing"))
        #expect(Shard(auditing: pinned).number == 116)
    }
}
