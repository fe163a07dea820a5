import Glibc

/// The inputs that are kept, in `Tests/Fuzz/corpus/TARGET`.
enum Corpus {
    struct Unreadable: Error {
        let path: String
    }

    private static let folder: String = {
        let parts = #filePath.split(separator: "/").dropLast(2)
        return "/" + parts.joined(separator: "/") + "/Fuzz/corpus"
    }()

    /// The names of its folders, in order.
    static func folders() throws -> [String] { try names(in: folder) }

    /// The inputs of a target with their files' names, in the order of these.
    static func inputs(of target: String) throws -> [(file: String, input: [UInt8])] {
        let names = try names(in: "\(folder)/\(target)")
        return try names.map { ($0, try bytes(of: "\(folder)/\(target)/\($0)")) }
    }

    private static func names(in path: String) throws -> [String] {
        guard let stream = opendir(path) else { throw Unreadable(path: path) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private static func bytes(of path: String) throws -> [UInt8] {
        guard let file = fopen(path, "rb") else { throw Unreadable(path: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }
}
