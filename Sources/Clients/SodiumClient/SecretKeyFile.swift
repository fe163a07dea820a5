import CSodium
import Glibc

/// A file that holds one 32-byte secret key, readable by its owner alone.
package struct SecretKeyFile: Sendable {
    /// Where the key is.
    package let path: String

    /// Names a key file; nothing is opened yet.
    package init(path: String) {
        self.path = path
    }

    /// Reads the key, or makes a new one if there is no file.
    ///
    /// - Throws: `SecretKeyFileError`; an existing file is never changed.
    package func loadOrCreate() throws(SecretKeyFileError) -> SecretKey {
        do {
            return try load()
        } catch .missing {
            try create()
            return try load()
        }
    }

    /// Reads the key.
    ///
    /// - Throws: `SecretKeyFileError.missing` if there is no file; another one if it is no key file or open to others.
    package func load() throws(SecretKeyFileError) -> SecretKey {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            throw errno == ENOENT ? .missing(path: path) : .system(path: path, code: errno)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .system(path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
        guard status.st_mode & (S_IRWXG | S_IRWXO) == 0 else {
            throw .openToOthers(path: path, mode: UInt32(status.st_mode & 0o777))
        }
        guard status.st_size == SecretKey.size else { throw .wrongSize(path: path, bytes: Int(status.st_size)) }
        var bytes = [UInt8](repeating: 0, count: SecretKey.size)
        defer { Sodium.erase(&bytes) }
        let count = read(file, &bytes, bytes.count)
        guard count == bytes.count else {
            throw count < 0 ? .system(path: path, code: errno) : .wrongSize(path: path, bytes: count)
        }
        let outcome = bytes.withUnsafeBytes { buffer in
            Result { () throws(SodiumError) in try SecretKey(copying: buffer) }
        }
        do { return try outcome.get() } catch { throw .sodium(error) }
    }

    /// Writes a random key under a passing name, syncs it, and links it to its own name, which must be free.
    ///
    /// So another process that looks at the same moment sees a whole key or none, and the first of two makers wins.
    private func create() throws(SecretKeyFileError) {
        do { try Sodium.initialize() } catch { throw .sodium(error) }
        let passing = "\(path).\(String(Sodium.randomWords().0, radix: 16))"
        let file = open(passing, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .system(path: path, code: errno) }
        defer { unlink(passing) }
        var bytes = Sodium.randomBytes(count: SecretKey.size)
        defer { Sodium.erase(&bytes) }
        let isWritten = write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        let code = errno
        close(file)
        guard isWritten else { throw .system(path: path, code: code) }
        guard link(passing, path) == 0 || errno == EEXIST else { throw .system(path: path, code: errno) }
        try syncFolder()
    }

    private func syncFolder() throws(SecretKeyFileError) {
        let parent = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
        let folder = open(parent.isEmpty ? "/" : String(parent), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .system(path: path, code: errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw .system(path: path, code: errno) }
    }
}
