import Glibc

/// The folder that holds a database: made private, its files too, and owned by one process at a time if that asks.
package struct DatabaseFolder: Sendable {
    /// The folder's path.
    package let path: String

    /// Names a folder; nothing is opened yet.
    package init(path: String) {
        self.path = path
    }

    /// Makes the folder, and its missing parents, for its owner alone (mode 0700); an existing one is left as it is.
    package func create() throws(DatabaseFolderError) {
        var end = path.startIndex
        while end < path.endIndex {
            end = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
            let part = String(path[..<end])
            guard mkdir(part, 0o700) == 0 || errno == EEXIST || errno == EISDIR else {
                // A parent that may not be written to is no obstacle if the part exists.
                let code = errno
                guard access(part, F_OK) == 0 else { throw .system(path: part, code: code) }
                continue
            }
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .system(path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .system(path: path, code: ENOTDIR) }
    }

    /// The path of a file in the folder.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Whether a file is there.
    package func contains(_ name: String) -> Bool { access(file(name), F_OK) == 0 }

    /// Makes an empty file for its owner alone (mode 0600), unless it is there, and syncs the folder's list of names.
    ///
    /// SQLite gives its other files (log and shared memory) the mode of the database.
    package func createFile(_ name: String) throws(DatabaseFolderError) {
        let descriptor = open(file(name), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(path: file(name), code: errno) }
        close(descriptor)
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .system(path: path, code: errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw .system(path: path, code: errno) }
    }

    /// Takes the folder for this process until the lock object ends or the process does, however it dies.
    ///
    /// - Parameter name: the file that is locked; it holds the owner's process id, for the message to others.
    /// - Throws: `DatabaseFolderError.locked` if another process has it.
    package func lock(_ name: String) throws(DatabaseFolderError) -> FolderLock {
        try createFile(name)
        let descriptor = open(file(name), O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path: file(name), code: errno) }
        let lock = FolderLock(descriptor: descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw errno == EWOULDBLOCK
                ? .locked(path: path, process: lock.process) : .system(path: file(name), code: errno)
        }
        guard lock.write(process: getpid()) else { throw .system(path: file(name), code: errno) }
        return lock
    }
}

/// Why a database's folder cannot be used; the description names the path and the reason.
package enum DatabaseFolderError: Error, Equatable, CustomStringConvertible {
    /// Another process holds the lock; its id, if it could be read.
    case locked(path: String, process: Int32?)
    /// The system refused; `code` is `errno`.
    case system(path: String, code: Int32)

    /// One sentence for an operator.
    package var description: String {
        switch self {
        case .locked(let path, let process):
            "the folder \(path) is in use by another process" + (process.map { " (\($0))" } ?? "")
        case .system(let path, let code):
            "\(path) cannot be used: \(String(cString: strerror(code)))"
        }
    }
}
