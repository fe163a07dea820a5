import Glibc
import HoldpointCore
import JSON

/// An export of an audit log as a file of JSON Lines, read row by row however long it is.
struct AuditFile {
    /// The longest line in bytes: an entry in hexadecimal, and what is beside it.
    static let lineBytes = 2 * AuditLimits.entryBytes + 4_096

    private let path: String
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false
    private let descriptor: Int32
    /// How many lines were read.
    private(set) var lines = 0

    /// Opens a file, or standard input for `-`; close it afterwards.
    init(_ path: String) throws(CommandFailure) {
        self.path = path
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(path) }
    }

    /// Lets the file go.
    func finish() { if path != "-" { close(descriptor) } }

    /// The next row; nil at the end.
    ///
    /// - Throws: `CommandFailure` for a file that cannot be read, and for a line that is no row, with its number.
    mutating func next() throws(CommandFailure) -> ExportedAudit? {
        while let line = try nextLine() {
            lines += 1
            if line.isEmpty { continue }
            let limits = JSONLimits(maximumBytes: Self.lineBytes)
            guard let value = try? JSONParser.parse(line, limits: limits), let row = ExportedAudit(value) else {
                throw CommandFailure(.failed, "line \(lines) of \(path) is not a row of an audit log")
            }
            return row
        }
        return nil
    }

    private mutating func nextLine() throws(CommandFailure) -> [UInt8]? {
        while true {
            if let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            if isAtEnd {
                defer { start = buffer.count }
                return start == buffer.count ? nil : Array(buffer[start...])
            }
            guard buffer.count - start <= Self.lineBytes else {
                throw CommandFailure(.failed, "line \(lines + 1) of \(path) is longer than \(Self.lineBytes) bytes")
            }
            try fill()
        }
    }

    private mutating func fill() throws(CommandFailure) {
        buffer.removeFirst(start)
        start = 0
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        let count = read(descriptor, &piece, piece.count)
        if count == 0 { isAtEnd = true }
        if count > 0 { buffer += piece[..<count] }
        if count < 0, errno != EINTR { throw Self.unreadable(path) }
    }

    private static func unreadable(_ path: String) -> CommandFailure {
        CommandFailure(.usage, "\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
}
