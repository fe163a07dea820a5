/// The chain that binds each event to all before it: a change of any stored byte shows.
package enum EventChain {
    /// The chain value after an event: SHA-256(previous ‖ header ‖ SHA-256(data)).
    ///
    /// The header is the session's key, the event's number and time as eight bytes each, and the length and bytes
    /// of the type; all big-endian. Erasing the data of a finished session keeps the chain, given its digest.
    package static func value(
        after previous: Digest, session: SessionKey, sequence: Int64, time: Timestamp, type: EventType,
        data: [UInt8], hasher: any Hasher
    ) -> Digest {
        var message = [UInt8]()
        message.reserveCapacity(32 + 16 + 16 + 1 + 32 + 32)
        append(previous, to: &message)
        append(session.value, to: &message)
        append(UInt64(bitPattern: sequence), to: &message)
        append(UInt64(bitPattern: time.milliseconds), to: &message)
        message.append(UInt8(truncatingIfNeeded: type.text.utf8.count))
        message.append(contentsOf: type.text.utf8)
        append(hasher.sha256(data), to: &message)
        return hasher.sha256(message)
    }

    private static func append(_ digest: Digest, to bytes: inout [UInt8]) {
        append(digest.first, to: &bytes)
        append(digest.second, to: &bytes)
    }

    private static func append(_ value: Identifier128, to bytes: inout [UInt8]) {
        append(value.high, to: &bytes)
        append(value.low, to: &bytes)
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
