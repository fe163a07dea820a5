import Glibc
import JSON

/// Reads what the user points at: files, standard input, the environment.
enum InputText {
    /// The largest input in bytes.
    static let maximumBytes = 16 << 20

    /// The bytes of a file, or of standard input for `-`.
    static func file(_ path: String) throws(CommandFailure) -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.usage, "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { if path != "-" { close(descriptor) } }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw CommandFailure(.usage, "\(path) cannot be read: \(String(cString: strerror(errno)))")
            }
            bytes += piece[..<count]
            guard bytes.count <= maximumBytes else {
                throw CommandFailure(.usage, "\(path) is longer than \(maximumBytes) bytes")
            }
        }
    }

    /// A JSON argument: the text itself, `@FILE`, or `-` for standard input.
    static func json(_ argument: String, _ name: String) throws(CommandFailure) -> JSONValue {
        do {
            if argument == "-" { return try JSONParser.parse(try file("-")) }
            if argument.hasPrefix("@") { return try JSONParser.parse(try file(String(argument.dropFirst()))) }
            return try JSONParser.parse(argument)
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure(.usage, "\(name) is not JSON: \(error)")
        }
    }

    /// The variables that the process was started with.
    static func environment() throws(CommandFailure) -> [String: String] {
        // Swift sees the C variable `environ` as unsafe to share; the kernel's copy is not.
        let entries = try file("/proc/self/environ").split(separator: 0)
        var variables: [String: String] = [:]
        for entry in entries {
            let text = String(decoding: entry, as: UTF8.self)
            guard let mark = text.firstIndex(of: "=") else { continue }
            variables[String(text[..<mark])] = String(text[text.index(after: mark)...])
        }
        return variables
    }
}
