import CSodium

/// The parts of libsodium that stand alone: start-up, random bytes and comparison in constant time.
package enum Sodium {
    /// Prepares libsodium; call it once before anything else here, later calls do nothing.
    ///
    /// - Throws: `SodiumError.unavailable` if the library cannot start (no source of randomness).
    package static func initialize() throws(SodiumError) {
        guard sodium_init() >= 0 else { throw .unavailable }
    }

    /// Unpredictable bytes from the operating system's generator.
    package static func randomBytes(count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let start = buffer.baseAddress { randombytes_buf(start, count) }
            initialized = count
        }
    }

    /// Two unpredictable 64-bit numbers, made with one call and without an allocation.
    package static func randomWords() -> (UInt64, UInt64) {
        var words: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &words) { bytes in
            if let start = bytes.baseAddress { randombytes_buf(start, bytes.count) }
        }
        return words
    }

    /// Whether two byte strings are equal, in a time that depends on their lengths only.
    package static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && sodium_memcmp(left, right, left.count) == 0
    }

    /// Overwrites a buffer with zeros in a way that the compiler may not leave out.
    package static func erase(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { buffer in
            if let start = buffer.baseAddress { sodium_memzero(start, buffer.count) }
        }
    }
}
