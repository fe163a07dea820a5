import Glibc
import SodiumClient
import Testing

@Suite("Secret key file")
struct SodiumKeyFileTests {
    @Test func `a missing file is made once, private, and read again`() throws {
        try withFolder { folder in
            let path = folder + "/key"
            let file = SecretKeyFile(path: path)
            #expect(throws: SecretKeyFileError.missing(path: path)) { try file.load() }
            let made = try file.loadOrCreate().authenticate([1])
            #expect(try file.loadOrCreate().authenticate([1]) == made)
            #expect(try file.load().authenticate([1]) == made)
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            #expect(status.st_size == 32)
            #expect(names(in: folder) == ["key"])
        }
    }

    @Test(arguments: [UInt32(0o640), 0o604, 0o660, 0o644])
    func `a file that others may use is refused`(mode: UInt32) throws {
        try withFolder { folder in
            let path = folder + "/key"
            _ = try SecretKeyFile(path: path).loadOrCreate()
            chmod(path, mode)
            #expect(throws: SecretKeyFileError.openToOthers(path: path, mode: mode)) {
                try SecretKeyFile(path: path).loadOrCreate()
            }
            #expect(SecretKeyFileError.openToOthers(path: path, mode: mode).description.contains("chmod 600"))
        }
    }

    @Test(arguments: [0, 31, 33])
    func `a file of another size is refused and left alone`(size: Int) throws {
        try withFolder { folder in
            let path = folder + "/key"
            let file = open(path, O_WRONLY | O_CREAT, 0o600)
            #expect(write(file, [UInt8](repeating: 9, count: size), size) == size)
            close(file)
            #expect(throws: SecretKeyFileError.wrongSize(path: path, bytes: size)) {
                try SecretKeyFile(path: path).loadOrCreate()
            }
            var status = stat()
            stat(path, &status)
            #expect(status.st_size == size)
        }
    }

    @Test func `a folder, a link and a missing parent are refused`() throws {
        try withFolder { folder in
            #expect(throws: SecretKeyFileError.notAFile(path: folder)) {
                try SecretKeyFile(path: folder).load()
            }
            _ = try SecretKeyFile(path: folder + "/key").loadOrCreate()
            symlink(folder + "/key", folder + "/link")
            #expect(throws: SecretKeyFileError.system(path: folder + "/link", code: ELOOP)) {
                try SecretKeyFile(path: folder + "/link").load()
            }
            #expect(throws: SecretKeyFileError.system(path: folder + "/none/key", code: ENOENT)) {
                try SecretKeyFile(path: folder + "/none/key").loadOrCreate()
            }
        }
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = [CChar]("/tmp/holdpoint-key-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        let folder = String(cString: try #require(made))
        defer {
            for name in names(in: folder) { unlink(folder + "/" + name) }
            rmdir(folder)
        }
        try body(folder)
    }

    private func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
