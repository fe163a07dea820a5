import CSodium

/// A 32-byte secret key in guarded memory that is not swapped out, where the system allows it, and zeroed at the end.
// Unchecked: the memory is written only in `init`, before any other thread can hold the object, is read-only from then
// on (the page itself is write-protected), and is freed in `deinit`, after the last use.
package final class SecretKey: @unchecked Sendable {
    /// The number of bytes of every key.
    package static let size = 32

    let start: UnsafeMutablePointer<UInt8>

    private init(filledBy fill: (UnsafeMutablePointer<UInt8>) -> Void) throws(SodiumError) {
        try Sodium.initialize()
        guard let memory = sodium_malloc(Self.size) else { throw .outOfMemory }
        start = memory.bindMemory(to: UInt8.self, capacity: Self.size)
        fill(start)
        _ = sodium_mprotect_readonly(memory)
    }

    deinit {
        sodium_free(start)
    }

    /// Copies a key from bytes, which the caller should then erase.
    ///
    /// - Throws: `wrongKeySize` unless there are exactly 32.
    package convenience init(copying bytes: UnsafeRawBufferPointer) throws(SodiumError) {
        guard bytes.count == Self.size else { throw .wrongKeySize(bytes.count) }
        try self.init { start in
            UnsafeMutableRawBufferPointer(start: start, count: Self.size).copyMemory(from: bytes)
        }
    }

    /// A fresh random key.
    package static func random() throws(SodiumError) -> SecretKey {
        try SecretKey { randombytes_buf($0, size) }
    }

    /// A key for one purpose, derived from this one by `crypto_kdf` (BLAKE2b), so that no two purposes share a key.
    ///
    /// - Parameters:
    ///   - purpose: the number of the purpose; the same number gives the same key.
    ///   - context: the name of the application, of which eight bytes count.
    package func derive(purpose: UInt64, context: StaticString) throws(SodiumError) -> SecretKey {
        var name: [CChar] = [0, 0, 0, 0, 0, 0, 0, 0]
        for index in 0..<min(name.count, context.utf8CodeUnitCount) {
            name[index] = CChar(bitPattern: context.utf8Start[index])
        }
        return try SecretKey { subkey in
            _ = crypto_kdf_derive_from_key(subkey, SecretKey.size, purpose, name, start)
        }
    }

    /// Reads the key in place; the pointer is valid inside the body only.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: start, count: Self.size))
    }

    /// A keyed BLAKE2b code (RFC 7693) of 32 bytes over a message.
    package func authenticate(_ message: UnsafeRawBufferPointer) -> Digest256 {
        var code = Digest256()
        let bytes = message.baseAddress?.assumingMemoryBound(to: UInt8.self)
        code.withUnsafeMutableBytes { buffer in
            if let output = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) {
                _ = crypto_generichash(output, buffer.count, bytes, UInt64(message.count), start, Self.size)
            }
        }
        return code
    }

    /// A keyed BLAKE2b code (RFC 7693) of 32 bytes over a message.
    package func authenticate(_ message: [UInt8]) -> Digest256 {
        message.withUnsafeBytes { authenticate($0) }
    }
}
