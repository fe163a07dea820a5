import Glibc

/// A certificate and its key in two files, which may be replaced while they are in use.
package struct TLSFiles: Sendable {
    /// What tells one content of a file from the next without reading it.
    private struct Stamp: Equatable {
        let device: UInt
        let inode: UInt
        let size: Int
        let modified: [Int]
    }

    /// The path of the chain, the server's certificate first, as PEM.
    package let certificate: String
    /// The path of the private key, as PEM.
    package let key: String
    /// What the files were like when they were last read.
    private var stamps: [Stamp?] = []

    /// Names the files; nothing is read yet.
    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Reads both files.
    package mutating func load() throws(TLSFailure) -> TLSCredentials {
        // Taken first: what changes while the files are read is seen the next time.
        stamps = currentStamps
        return try TLSCredentials(certificate: certificate, key: key)
    }

    /// Reads both files if one has changed since they were last read, with success or without; else returns nil.
    package mutating func loadIfChanged() throws(TLSFailure) -> TLSCredentials? {
        guard stamps != currentStamps else { return nil }
        return try load()
    }

    private var currentStamps: [Stamp?] { [Self.stamp(certificate), Self.stamp(key)] }

    /// Follows links, so that a link that is turned to another file is a change.
    private static func stamp(_ path: String) -> Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stamp(
            device: UInt(status.st_dev), inode: UInt(status.st_ino), size: Int(status.st_size),
            modified: [
                status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
            ])
    }
}
