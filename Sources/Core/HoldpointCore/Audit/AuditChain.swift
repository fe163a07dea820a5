/// The chain that binds each row of a project's audit log to all before it.
package enum AuditChain {
    /// Keeps these digests apart from all others.
    private static let domain = Array("holdpoint audit 1\n".utf8)

    /// The hash of a row: SHA-256(domain ‖ previous hash ‖ tenant ‖ project ‖ number ‖ SHA-256(entry)).
    ///
    /// A name is preceded by its length as one byte; the number has eight bytes, big-endian. `Digest.zero` is before
    /// the first row.
    package static func hash(
        after previous: Digest, in scope: Scope, number: Int64, entry: [UInt8], hasher: any Hasher
    ) -> Digest {
        var message = domain
        message.reserveCapacity(domain.count + 32 + 128 + 8 + 32)
        message += previous.bytes
        append(scope.tenant.text, to: &message)
        append(scope.project.text, to: &message)
        withUnsafeBytes(of: number.bigEndian) { message.append(contentsOf: $0) }
        message += hasher.sha256(entry).bytes
        return hasher.sha256(message)
    }

    private static func append(_ name: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: name.utf8.count))
        bytes.append(contentsOf: name.utf8)
    }
}

extension Shard {
    /// The shard whose owner audits a project: a digest of its name (FNV-1a), which spreads projects over the nodes.
    package init(auditing scope: Scope) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in scope.description.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        self.init(UInt8(truncatingIfNeeded: hash >> 56 ^ hash >> 24 ^ hash))
    }
}
