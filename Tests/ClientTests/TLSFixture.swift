import Glibc
import HTTPServer

/// A folder with certificates of our own making; it is removed with its last user.
final class CertificateFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/holdpoint-tls-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw RawClient.Failure(call: "mkdtemp", code: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in ["certificate.pem", "key.pem", "other.pem"] { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    var files: TLSFiles { TLSFiles(certificate: "\(path)/certificate.pem", key: "\(path)/key.pem") }

    /// Makes a certificate for this name, valid for 127.0.0.1, and its key.
    func make(name: String, certificate: String = "certificate.pem", key: String = "key.pem") throws {
        // Made aside and moved, as certificate tools do it: nobody sees half a file.
        let result = ChildProcess.run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout",
            "\(path)/key.part", "-out", "\(path)/certificate.part",
        ])
        guard result.status == 0, rename("\(path)/certificate.part", "\(path)/\(certificate)") == 0,
            rename("\(path)/key.part", "\(path)/\(key)") == 0
        else { throw RawClient.Failure(call: "openssl req", code: result.status) }
    }
}

/// A program that runs beside a test, with its input and output on one socket.
final class ChildProcess {
    let pid: pid_t
    private var status: Int32?

    /// Starts a program from the search path; its descriptors 0 and 1 are `descriptor`, 2 is thrown away.
    init(_ words: [String], descriptor: Int32) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, descriptor, 0)
        posix_spawn_file_actions_adddup2(&actions, descriptor, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        // The sockets of other tests, which must not stay open in a child.
        for descriptor in 3..<Self.descriptors { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var pid = pid_t()
        let failure = posix_spawnp(&pid, words[0], &actions, nil, &arguments, &environment)
        guard failure == 0 else { throw RawClient.Failure(call: "posix_spawnp", code: failure) }
        self.pid = pid
    }

    /// More than any test has open; closing one that is not open does no harm.
    private static let descriptors: Int32 = 2_048

    /// Waits for the end; -1 for a death by a signal.
    func wait() -> Int32 {
        if let status { return status }
        var raw: Int32 = 0
        while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
        let exit = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : -1
        status = exit
        return exit
    }

    deinit {
        guard status == nil else { return }
        kill(pid, SIGKILL)
        _ = wait()
    }

    /// Runs a program to its end; returns its status and what it wrote to its standard output.
    static func run(_ words: [String], input: String = "") -> (status: Int32, output: String) {
        guard let (client, child) = try? RawClient.throughChild(words) else { return (-1, "") }
        client.send(input)
        client.finishSending()
        let output = client.readToEnd(patience: 6) ?? []
        return (child.wait(), String(decoding: output, as: UTF8.self))
    }
}

extension RawClient {
    /// A client whose bytes go through a program's standard input and output.
    static func throughChild(_ words: [String]) throws -> (RawClient, ChildProcess) {
        var pair: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0 else {
            throw Failure(call: "socketpair", code: errno)
        }
        _ = fcntl(pair[0], F_SETFD, FD_CLOEXEC)
        defer { Glibc.close(pair[1]) }
        let client = RawClient(owning: pair[0])
        return (client, try ChildProcess(words, descriptor: pair[1]))
    }

    /// Speaks through `openssl s_client`, which says nothing of its own; its process is ended with the client.
    static func secure(port: UInt16, _ more: [String] = []) throws -> RawClient {
        let (client, child) = try throughChild(
            ["openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-quiet"] + more)
        client.relay = child
        return client
    }

    /// Everything until the end, however many times ten seconds it takes.
    func readToEnd(patience: Int) -> [UInt8]? {
        for _ in 0..<patience {
            if let bytes = readToEnd() { return bytes }
        }
        return nil
    }
}
