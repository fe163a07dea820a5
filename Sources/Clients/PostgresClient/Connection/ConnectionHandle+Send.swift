import CPostgres

extension ConnectionHandle {
    /// Sends the request to prepare a statement under a name; false if libpq refuses.
    func prepare(_ step: PostgresSegment.Step, as name: String) -> Bool {
        PQsendPrepare(pointer, name, step.statement.text, Int32(step.types.count), step.types) == 1
    }

    /// Sends a statement with its parameters, by the name under which it is prepared or else as text.
    func send(_ step: PostgresSegment.Step, of bytes: [UInt8], as name: String?) -> Bool {
        let count = step.ranges.count
        return bytes.withUnsafeBufferPointer { buffer in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
                withUnsafeTemporaryAllocation(of: Int32.self, capacity: count * 2) { numbers in
                    let base = UnsafeRawPointer(buffer.baseAddress)
                    for (index, range) in step.ranges.enumerated() {
                        let start = range.flatMap { base?.advanced(by: $0.lowerBound) }
                        values.initializeElement(at: index, to: start?.assumingMemoryBound(to: CChar.self))
                        numbers.initializeElement(at: index, to: Int32(clamping: range?.count ?? 0))
                        // One: the parameter is in binary form.
                        numbers.initializeElement(at: count + index, to: 1)
                    }
                    let lengths = numbers.baseAddress
                    let formats = lengths?.advanced(by: count)
                    if let name {
                        return PQsendQueryPrepared(
                            pointer, name, Int32(count), values.baseAddress, lengths, formats, 1) == 1
                    }
                    return PQsendQueryParams(
                        pointer, step.statement.text, Int32(count), step.types, values.baseAddress, lengths,
                        formats, 1) == 1
                }
            }
        }
    }

    /// Ends what was sent with a sync, and sends it as far as the socket takes it.
    func sync() -> Bool { PQpipelineSync(pointer) == 1 }
}
