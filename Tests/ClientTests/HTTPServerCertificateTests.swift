import EventLoop
import Glibc
import HTTPServer
import Testing

/// Certificates and keys in files, and their replacement under a running server.
@Suite(.timeLimit(.minutes(2)))
struct HTTPServerCertificateTests {
    private let get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

    /// The common name of the certificate that a new connection is shown.
    private func shownName(port: UInt16) -> String {
        let text = ChildProcess.run(["openssl", "s_client", "-connect", "127.0.0.1:\(port)"]).output
        let line = text.split(separator: "\n").first { $0.hasPrefix("subject=") } ?? ""
        return String(line.split(separator: " ").last ?? "")
    }

    @Test func `a reload under load: old connections stay, new ones see the new certificate`() async throws {
        let folder = try CertificateFolder()
        try folder.make(name: "name-0")
        var files = folder.files
        let credentials = try files.load()
        try await ServerFixture.run({ $0.tls = credentials }) { fixture in
            let old = try (0..<4).map { _ in try fixture.connect() }
            let isOver = Locked(false)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<2 {
                    // Each request on a new connection, while certificates change.
                    group.addTask {
                        var count = 0
                        while !isOver.withLock({ $0 }) {
                            let client = try fixture.connect()
                            client.send(get)
                            #expect(client.readResponse()?.text == "hello")
                            count += 1
                        }
                        return count
                    }
                }
                for number in 1...12 {
                    try folder.make(name: "name-\(number)")
                    let renewed = try files.loadIfChanged()
                    fixture.server.use(try #require(renewed))
                    #expect(shownName(port: fixture.port) == "name-\(number)")
                    for client in old {
                        client.send(get)
                        #expect(client.readResponse()?.text == "hello")
                    }
                }
                isOver.withLock { $0 = true }
                let served = try await group.reduce(0, +)
                #expect(served > 0)
                #expect(fixture.server.statistics().requests == served + 48)
                #expect(fixture.server.statistics().handshakesFailed == 0)
            }
        }
    }

    @Test func `a pair that does not fit is refused once, and the old one stays`() async throws {
        let folder = try CertificateFolder()
        try folder.make(name: "good")
        var files = folder.files
        let credentials = try files.load()
        try await ServerFixture.run({ $0.tls = credentials }) { fixture in
            #expect(try files.loadIfChanged() == nil)
            // The key alone is another's now, as between the two renames of a renewal.
            try folder.make(name: "other", certificate: "other.pem")
            #expect(throws: TLSFailure(path: files.key, reason: "key values mismatch")) {
                try files.loadIfChanged()
            }
            #expect(try files.loadIfChanged() == nil)
            #expect(shownName(port: fixture.port) == "good")
            rename("\(folder.path)/other.pem", "\(folder.path)/certificate.pem")
            let renewed = try files.loadIfChanged()
            fixture.server.use(try #require(renewed))
            #expect(shownName(port: fixture.port) == "other")
        }
    }

    @Test func `what is no certificate or no key is named with its reason`() throws {
        let folder = try CertificateFolder()
        try folder.make(name: "first")
        let (certificate, key) = (folder.files.certificate, folder.files.key)
        let missing = "\(folder.path)/nothing.pem"
        #expect(throws: TLSFailure(path: missing, reason: "No such file or directory")) {
            try TLSCredentials(certificate: missing, key: key)
        }
        #expect(throws: TLSFailure(path: missing, reason: "No such file or directory")) {
            try TLSCredentials(certificate: certificate, key: missing)
        }
        #expect(throws: TLSFailure(path: key, reason: "no start line")) {
            try TLSCredentials(certificate: key, key: key)
        }
        #expect(throws: TLSFailure.self) { try TLSCredentials(certificate: certificate, key: certificate) }
        #expect(throws: TLSFailure.self) { try TLSCredentials(certificate: folder.path, key: key) }
        // An encrypted key must not make OpenSSL ask the terminal.
        let sealed = ChildProcess.run(
            ["openssl", "ec", "-in", key, "-aes128", "-passout", "pass:secret", "-out", "\(folder.path)/other.pem"])
        #expect(sealed.status == 0)
        #expect(throws: TLSFailure.self) {
            try TLSCredentials(certificate: certificate, key: "\(folder.path)/other.pem")
        }
        let good = try TLSCredentials(certificate: certificate, key: key)
        // Two days, give or take the time that the test takes.
        #expect(abs(good.expiresAtSeconds - Int64(time(nil)) - 172_800) < 120)
    }
}
