import Glibc
package import RedisClient

/// A private server of one test, which ends with this object, and with the process at the latest.
package final class RedisServer: Sendable {
    /// A step that failed.
    package struct Failure: Error {
        let step: String

        package init(step: String) { self.step = step }
    }

    /// The port of the loopback on which it listens.
    package let port: UInt16
    /// The folder with its socket.
    package let folder: String
    private let keeper: pid_t
    private let input: Int32
    private let output: Int32

    package init() throws {
        port = try Self.freePort()
        let script = #filePath.replacing("RedisServer.swift", with: "keep-server")
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
    }

    deinit {
        try? command("end")
        close(input)
        close(output)
        waitpid(keeper, nil, 0)
    }

    /// Through the socket, where nobody needs a password.
    package var configuration: RedisConfiguration {
        RedisConfiguration(address: .unixSocket("\(folder)/socket"))
    }

    /// Ends the server as a crash would; what it held is lost.
    package func stop() throws { try command("stop") }

    /// Starts it again, with nothing in it.
    package func start() throws { try command("start") }

    /// Lets it keep its connections and say nothing.
    package func pause() throws { try command("pause") }

    /// Lets it go on.
    package func resume() throws { try command("resume") }

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
    package static func freePort() throws -> UInt16 {
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
