/// One frame of an event stream, encoded once and shared by all subscribers.
///
/// It holds the payload together with its chunk framing (RFC 9112, 7.1), so that nothing is encoded or copied per
/// subscriber. It must not be empty, because an empty chunk would end the stream: an empty payload becomes `:` LF.
// Proof for @unchecked Sendable: the memory is written only in `init` and freed only in `deinit`.
package final class SharedBytes: @unchecked Sendable {
    /// Size line, payload and closing line end, as HTTP/1.1 wants it.
    let chunk: UnsafeRawBufferPointer
    /// The payload alone, for clients of HTTP/1.0.
    let payload: UnsafeRawBufferPointer

    /// Frames bytes that are a complete event already (they end in an empty line).
    package init(_ event: some Collection<UInt8>) {
        let comment: [UInt8] = [UInt8(ascii: ":"), UInt8(ascii: "\n"), UInt8(ascii: "\n")]
        let body = event.isEmpty ? comment : Array(event)
        let size = Array((String(body.count, radix: 16) + "\r\n").utf8)
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: size.count + body.count + 2, alignment: 1)
        memory[..<size.count].copyBytes(from: size)
        memory[size.count...].copyBytes(from: body)
        memory[(size.count + body.count)...].copyBytes(from: [0x0D, 0x0A])
        chunk = UnsafeRawBufferPointer(memory)
        payload = UnsafeRawBufferPointer(rebasing: chunk[size.count..<size.count + body.count])
    }

    deinit { chunk.deallocate() }

    /// The number of bytes of the event, without framing.
    package var count: Int { payload.count }

    /// Encodes one server-sent event (WHATWG HTML, 9.2).
    ///
    /// Each line of `data` gets a `data:` field of its own. CR, LF and NUL are left out of `id` and `name`, because
    /// they would end the field.
    package static func event(id: String? = nil, name: String? = nil, data: some StringProtocol) -> SharedBytes {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.utf8.count + 64)
        for (field, value) in [("id: ", id), ("event: ", name)] {
            guard let value else { continue }
            bytes += field.utf8
            bytes += value.utf8.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0 }
            bytes.append(0x0A)
        }
        bytes += "data: ".utf8
        var previous: UInt8 = 0
        for byte in data.utf8 {
            let isLineEnd = byte == 0x0A || byte == 0x0D
            if isLineEnd, !(previous == 0x0D && byte == 0x0A) { bytes += "\ndata: ".utf8 }
            if !isLineEnd { bytes.append(byte) }
            previous = byte
        }
        bytes += [0x0A, 0x0A]
        return SharedBytes(bytes)
    }
}
