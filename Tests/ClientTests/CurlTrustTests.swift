import Foundation
import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CurlTrustTests {
    @Test func `only a certificate of a trusted authority, for the host that is asked, is accepted`() async throws {
        let server = try CurlSecureServer()
        try await CurlFixture.run { fixture in
            await fixture.failure(.insecure, left: false) {
                try await fixture.perform("https://localhost:\(server.port)/")
            }
        }
        try await CurlFixture.run({ $0.authoritiesFile = server.certificateFile }) { fixture in
            let response = try await fixture.perform("https://localhost:\(server.port)/", maximumBytes: 1 << 20)
            #expect(response.status == 200)
            // The certificate names the host, not its address.
            await fixture.failure(.insecure, left: false) {
                try await fixture.perform("https://127.0.0.1:\(server.port)/")
            }
        }
    }

    @Test func `a server that speaks no TLS is not trusted`() async throws {
        try await ServerFixture.run { server in
            try await CurlFixture.run { fixture in
                await fixture.failure(.insecure, left: false) {
                    try await fixture.perform("https://localhost:\(server.port)/hello")
                }
            }
        }
    }
}

/// OpenSSL's test server, with a certificate of its own for `localhost`.
final class CurlSecureServer {
    enum Failure: Error {
        case openssl(String)
    }

    let port: UInt16
    let certificateFile: String
    private let folder: URL
    private let process: Process

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("holdpoint-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        certificateFile = folder.appendingPathComponent("certificate.pem").path
        let keyFile = folder.appendingPathComponent("key.pem").path
        let request = Self.openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
            "-keyout", keyFile, "-out", certificateFile, "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost",
        ])
        try request.run()
        request.waitUntilExit()
        guard request.terminationStatus == 0 else { throw Failure.openssl("req") }
        process = Self.openssl([
            "s_server", "-accept", "127.0.0.1:0", "-cert", certificateFile, "-key", keyFile, "-www",
        ])
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var text = ""
        // It prints "ACCEPT 127.0.0.1:PORT" once it listens.
        while !text.hasSuffix("\n") || !text.contains("ACCEPT") {
            let bytes = output.fileHandleForReading.availableData
            guard !bytes.isEmpty else { throw Failure.openssl("s_server") }
            text += String(decoding: bytes, as: UTF8.self)
        }
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("ACCEPT") }),
            let port = line.split(separator: ":").last.flatMap({ UInt16($0) })
        else { throw Failure.openssl(text) }
        self.port = port
    }

    deinit {
        // A child of a pool thread inherits that thread's blocked signals: only this one is certain to arrive.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    private static func openssl(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        return process
    }
}
