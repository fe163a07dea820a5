import Glibc

/// Holds an advisory lock (`flock`) on an open file; the lock ends with the object, or with the process.
package final class FolderLock: Sendable {
    private let descriptor: Int32

    /// Takes over an open file, which is closed at the end.
    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Lets go before the end; doing so again changes nothing.
    package func release() {
        flock(descriptor, LOCK_UN)
    }

    /// The process id that the file holds, if it holds one.
    var process: Int32? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { buffer in
            let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
            guard count > 0 else { return nil }
            return Int32(String(decoding: buffer[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
        }
    }

    /// Writes a process id into the file in place of what it holds.
    func write(process: Int32) -> Bool {
        let text = "\(process)\n"
        return ftruncate(descriptor, 0) == 0 && pwrite(descriptor, text, text.utf8.count, 0) == text.utf8.count
    }
}
