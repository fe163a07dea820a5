import Glibc
import SQLiteClient
import Testing

@Suite("Database folder")
struct SQLiteFolderTests {
    @Test func `a missing folder and its parents are made for the owner alone`() throws {
        try withFolder { root in
            let folder = DatabaseFolder(path: root + "/a/b")
            try folder.create()
            try folder.create()
            #expect(mode(of: root + "/a") == 0o700)
            #expect(mode(of: root + "/a/b") == 0o700)
            #expect(!folder.contains("x.db"))
            try folder.createFile("x.db")
            try folder.createFile("x.db")
            #expect(folder.contains("x.db"))
            #expect(mode(of: folder.file("x.db")) == 0o600)
        }
    }

    @Test func `a file in place of the folder is refused with its path`() throws {
        try withFolder { root in
            try DatabaseFolder(path: root).createFile("plain")
            let error = #expect(throws: DatabaseFolderError.self) {
                try DatabaseFolder(path: root + "/plain").create()
            }
            #expect(error == .system(path: root + "/plain", code: ENOTDIR))
            #expect(error?.description.contains(root + "/plain") == true)
            #expect(throws: DatabaseFolderError.self) { try DatabaseFolder(path: root + "/plain/more").create() }
        }
    }

    @Test func `a second owner is refused and told who the first is, until it lets go`() throws {
        try withFolder { root in
            let folder = DatabaseFolder(path: root)
            var lock: FolderLock? = try folder.lock("engine.lock")
            #expect(throws: DatabaseFolderError.locked(path: root, process: getpid())) {
                try folder.lock("engine.lock")
            }
            withExtendedLifetime(lock) {}
            lock = nil
            _ = try folder.lock("engine.lock")
        }
    }

    private func mode(of path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = [CChar]("/tmp/holdpoint-folder-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        let root = String(cString: try #require(made))
        defer {
            for name in ["/a/b/x.db", "/plain", "/engine.lock"] { unlink(root + name) }
            for name in ["/a/b", "/a", ""] { rmdir(root + name) }
        }
        try body(root)
    }
}
