import Glibc

/// The private server of these tests: started with the first that needs it, ended with the process.
///
/// Where there is none, each test that needs it fails. `Tests/PostgresClientTests/keep-server` keeps it.
final class PostgresServer: Sendable {
    struct Failure: Error {
        let step: String
    }

    static let shared = Result { try PostgresServer() }

    private let port: UInt16
    private let folder: String
    private let keeper: pid_t
    private let input: Int32
    private let output: Int32

    private init() throws {
        port = try Self.freePort()
        let script = #filePath.replacing(
            "PostgresJournalTests/PostgresServer.swift", with: "PostgresClientTests/keep-server")
        var down: [Int32] = [-1, -1]
        var up: [Int32] = [-1, -1]
        guard pipe(&down) == 0, pipe(&up) == 0 else { throw Failure(step: "pipe") }
        for descriptor in down + up { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, down[0], 0)
        posix_spawn_file_actions_adddup2(&actions, up[1], 1)
        let words = [script, "\(port)"]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid = pid_t()
        let failure = posix_spawn(&pid, script, &actions, nil, &arguments, environ)
        close(down[0])
        close(up[1])
        guard failure == 0 else { throw Failure(step: "posix_spawn") }
        (keeper, input, output) = (pid, down[1], up[0])
        let answer = Self.line(from: output)
        guard answer.hasPrefix("ready ") else { throw Failure(step: "start of the server") }
        folder = String(answer.dropFirst(6))
        atexit { try? PostgresServer.shared.get().end() }
    }

    /// Through the socket, where the user `holdpoint`, who may do everything, is trusted.
    func connectionString(database: String = "postgres", user: String = "holdpoint") -> String {
        "host=\(folder) port=\(port) user=\(user) dbname=\(database)"
    }

    /// Ends the server as a crash would: without a checkpoint, and without letting anyone finish.
    func stop() throws { try command("stop") }

    /// Starts a server that was stopped.
    func start() throws { try command("start") }

    private func end() throws {
        try command("end")
        waitpid(keeper, nil, 0)
    }

    private func command(_ word: String) throws {
        let line = word + "\n"
        guard write(input, line, line.utf8.count) == line.utf8.count, Self.line(from: output) == "done" else {
            throw Failure(step: word)
        }
    }

    private static func line(from descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A port of the loopback that nobody listens on.
    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            return bind(descriptor, pointer, size) == 0 && getsockname(descriptor, pointer, &size) == 0
        }
        guard isBound else { throw Failure(step: "bind") }
        return UInt16(bigEndian: address.sin_port)
    }
}
