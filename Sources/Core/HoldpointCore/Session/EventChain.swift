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
        message.append(contentsOf: previous.bytes)
        message.append(contentsOf: session.value.bytes)
        append(UInt64(bitPattern: sequence), to: &message)
        append(UInt64(bitPattern: time.milliseconds), to: &message)
        message.append(UInt8(truncatingIfNeeded: type.text.utf8.count))
        message.append(contentsOf: type.text.utf8)
        message.append(contentsOf: hasher.sha256(data).bytes)
        return hasher.sha256(message)
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }
}
