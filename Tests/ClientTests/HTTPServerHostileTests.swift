import EventLoop
import HTTPServer
import Testing

/// A request that must be refused, with the status that it deserves.
struct HostileCase: Sendable, CustomTestStringConvertible {
    let name: String
    let status: Int
    let bytes: [UInt8]

    init(_ name: String, _ status: Int, _ text: String) {
        self.name = name
        self.status = status
        bytes = Array(text.utf8)
    }

    var testDescription: String { name }

    /// Whether its answer has no body.
    var isHead: Bool { bytes.starts(with: "HEAD ".utf8) }

    /// A POST with these header lines and this body.
    static func post(_ name: String, _ status: Int, _ lines: String, body: String = "") -> HostileCase {
        HostileCase(name, status, "POST /echo HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n\(body)")
    }

    /// A GET with these header lines.
    static func get(_ name: String, _ status: Int, _ lines: String) -> HostileCase {
        HostileCase(name, status, "GET /hello HTTP/1.1\r\n\(lines)\r\n\r\n")
    }

    /// A request line with a Host.
    static func line(_ name: String, _ status: Int, _ line: String) -> HostileCase {
        HostileCase(name, status, "\(line)\r\nHost: a\r\n\r\n")
    }
}

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerHostileTests {
    static let lengths: [HostileCase] = [
        .post("two Content-Lengths that differ", 400, "Content-Length: 3\r\nContent-Length: 4", body: "abcd"),
        .post("two Content-Lengths that agree", 400, "Content-Length: 3\r\ncontent-length: 3", body: "abc"),
        .post("a list of lengths", 400, "Content-Length: 3, 3", body: "abc"),
        .post("a length with a plus", 400, "Content-Length: +29", body: "abc"),
        .post("a negative length", 400, "Content-Length: -1"),
        .post("an empty length", 400, "Content-Length:"),
        .post("a hexadecimal length", 400, "Content-Length: 0x3", body: "abc"),
        .post("a length with a space inside", 400, "Content-Length: 3 3", body: "abc"),
        .post("a length with 19 digits", 400, "Content-Length: 0000000000000000003", body: "abc"),
        .post("a length hidden behind spaces", 400, "Content-Length: 3\(String(repeating: " ", count: 40))4"),
        .post("a length with letters", 400, "Content-Length: 3abc", body: "abc"),
        .post("a space before the colon of the length", 400, "Content-Length : 3", body: "abc"),
        .post("a length over the limit", 413, "Content-Length: 1048577"),
        .post("a length near the largest integer", 413, "Content-Length: 999999999999999999"),
        .post(
            "an over-long body announced with an expectation", 413,
            "Content-Length: 1048577\r\nExpect: 100-continue"),
        .post("an unknown expectation", 417, "Content-Length: 3\r\nExpect: coffee", body: "abc"),
        HostileCase("HEAD with a body", 400, "HEAD /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n"),
        HostileCase("TRACE with a body", 400, "TRACE /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n"),
    ]

    static let encodings: [HostileCase] = [
        .post("chunked", 411, "Transfer-Encoding: chunked", body: "3\r\nabc\r\n0\r\n\r\n"),
        .post("chunked, in capitals", 411, "TRANSFER-ENCODING: CHUNKED", body: "3\r\nabc\r\n0\r\n\r\n"),
        .post("chunked, with an extension", 411, "Transfer-Encoding: chunked", body: "3;a=b\r\nabc\r\n0\r\n\r\n"),
        .post("chunk size with a plus", 411, "Transfer-Encoding: chunked", body: "+2\r\nab\r\n0\r\n\r\n"),
        .post("chunk size with 0x", 411, "Transfer-Encoding: chunked", body: "0x2\r\nab\r\n0\r\n\r\n"),
        .post("chunk size with junk", 411, "Transfer-Encoding: chunked", body: "2 junk\r\nab\r\n0\r\n\r\n"),
        .post("chunk line with a bare LF", 411, "Transfer-Encoding: chunked", body: "2\nab\n0\n\n"),
        .post("chunk size never sent", 411, "Transfer-Encoding: chunked"),
        .post("chunked with an expectation", 411, "Transfer-Encoding: chunked\r\nExpect: 100-continue"),
        .post("length and chunked", 400, "Content-Length: 3\r\nTransfer-Encoding: chunked", body: "0\r\n\r\n"),
        .post("chunked and length", 400, "Transfer-Encoding: chunked\r\nContent-Length: 3", body: "0\r\n\r\n"),
        .post("chunked twice", 400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        .post("gzip, then chunked in a line of its own", 400, "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"),
        .post("gzip alone", 501, "Transfer-Encoding: gzip", body: "x"),
        .post("gzip, chunked", 501, "Transfer-Encoding: gzip, chunked", body: "0\r\n\r\n"),
        .post("chunked, identity", 501, "Transfer-Encoding: chunked, identity", body: "0\r\n\r\n"),
        .post("xchunked", 501, "Transfer-Encoding: xchunked", body: "0\r\n\r\n"),
        .post("an empty transfer encoding", 501, "Transfer-Encoding:", body: "0\r\n\r\n"),
        .post("chunked behind a vertical tab", 400, "Transfer-Encoding: \u{0B}chunked", body: "0\r\n\r\n"),
        .post("a space before the colon", 400, "Transfer-Encoding : chunked", body: "0\r\n\r\n"),
        .post("a folded transfer encoding", 400, "Transfer-Encoding:\r\n chunked", body: "0\r\n\r\n"),
        HostileCase(
            "chunked in HTTP/1.0", 400, "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        HostileCase("GET with gzip", 501, "GET /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"),
    ]

    static let lines: [HostileCase] = [
        .get("a folded header", 400, "Host: a\r\nX: 1\r\n 2"),
        .get("a header folded with a tab", 400, "Host: a\r\nX: 1\r\n\t2"),
        .get("a fold before any header", 400, " Host: a"),
        .get("a bare LF between headers", 400, "Host: a\nX: 1"),
        HostileCase("bare LFs only", 400, "GET /hello HTTP/1.1\nHost: a\n\n"),
        HostileCase("a bare LF as the empty line", 400, "GET /hello HTTP/1.1\r\nHost: a\r\n\n"),
        .get("a bare CR in a value", 400, "Host: a\r\nX: 1\r2"),
        .get("two CRs at a line's end", 400, "Host: a\r\r\nX: 1"),
        .get("NUL in a value", 400, "Host: a\r\nX: 1\u{0}2"),
        .get("NUL in a name", 400, "Host: a\r\nX\u{0}Y: 1"),
        .get("an escape byte in a value", 400, "Host: a\r\nX: \u{1B}"),
        .get("DEL in a value", 400, "Host: a\r\nX: \u{7F}"),
        .get("a space before a colon", 400, "Host: a\r\nX : 1"),
        .get("a tab before a colon", 400, "Host: a\r\nX\t: 1"),
        .get("an empty name", 400, "Host: a\r\n: 1"),
        .get("a name with a slash", 400, "Host: a\r\nX/Y: 1"),
        .get("a name beyond ASCII", 400, "Host: a\r\nÜ: 1"),
        .get("a line without a colon", 400, "Host: a\r\nnonsense"),
        .get("no Host", 400, "X: 1"),
        .get("two Hosts", 400, "Host: a\r\nHost: a"),
        .get("a Host with a path", 400, "Host: a/b"),
        .get("a Host with a user", 400, "Host: u@a"),
        .get("a Host with a space", 400, "Host: a b"),
        .get("101 header lines", 431, "Host: a" + String(repeating: "\r\nX: 1", count: 100)),
        .get("a header of 16 KiB", 431, "Host: a\r\nX: " + String(repeating: "x", count: 16_384)),
        .get(
            "many small headers of 16 KiB", 431,
            "Host: a" + String(repeating: "\r\nX: " + String(repeating: "y", count: 300), count: 60)),
    ]

    static let requestLines: [HostileCase] = [
        .line("HTTP/1.2", 505, "GET /hello HTTP/1.2"),
        .line("HTTP/2.0", 505, "GET /hello HTTP/2.0"),
        .line("HTTP/0.9", 505, "GET /hello HTTP/0.9"),
        .line("HTTP/1.10", 400, "GET /hello HTTP/1.10"),
        .line("a version with a plus", 400, "GET /hello HTTP/+1.1"),
        .line("a version with a plus for a digit", 505, "GET /hello HTTP/+.1"),
        .line("a version in small letters", 400, "GET /hello http/1.1"),
        .line("no version", 400, "GET /hello"),
        .line("two spaces before the version", 400, "GET /hello  HTTP/1.1"),
        .line("a space behind the version", 400, "GET /hello HTTP/1.1 "),
        .line("a space in the target", 400, "GET /hel lo HTTP/1.1"),
        .line("a tab as separator", 400, "GET\t/hello\tHTTP/1.1"),
        .line("a tab in the target", 400, "GET /hel\tlo HTTP/1.1"),
        .line("a byte beyond ASCII in the target", 400, "GET /héllo HTTP/1.1"),
        .line("NUL in the target", 400, "GET /hel\u{0}lo HTTP/1.1"),
        .line("a fragment", 400, "GET /hello#x HTTP/1.1"),
        .line("a target without a slash", 400, "GET hello HTTP/1.1"),
        .line("an absolute target", 400, "GET http://a/hello HTTP/1.1"),
        .line("a target that libevent takes for a broken authority", 400, "GET //[ HTTP/1.1"),
        .line("an asterisk with GET", 400, "GET * HTTP/1.1"),
        .line("no target", 400, "GET  HTTP/1.1"),
        .line("a leading space", 400, " GET /hello HTTP/1.1"),
        .line("an empty first line", 400, "\r\nGET /hello HTTP/1.1"),
        .line("an unknown method", 501, "BREW /hello HTTP/1.1"),
        .line("a method in small letters", 501, "get /hello HTTP/1.1"),
        .line("CONNECT", 501, "CONNECT a:80 HTTP/1.1"),
        .line("a target over 8 KiB", 414, "GET /\(String(repeating: "x", count: 8192)) HTTP/1.1"),
        HostileCase("a target that never ends", 414, "GET /\(String(repeating: "x", count: 12_000))"),
    ]

    @Test(arguments: lengths + encodings + lines + requestLines)
    func `a hostile request is refused once, and nothing behind it is read`(hostile: HostileCase) async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send(hostile.bytes + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            let response = try #require(client.readResponse(hasBody: !hostile.isHead))
            #expect(response.status == hostile.status)
            #expect(response.header("Connection") == "close")
            #expect(response.header("Content-Type") == "application/problem+json")
            if !response.body.isEmpty { #expect(response.text.contains("\"status\":\(hostile.status),")) }
            #expect(client.readToEnd() == [])
            #expect(fixture.seen.requests.withLock { $0.isEmpty })
            #expect(fixture.server.statistics().refused == 1)
        }
    }

    @Test(arguments: lengths + encodings + lines + requestLines)
    func `a hostile request behind a good one is refused after it`(hostile: HostileCase) async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n".utf8 + hostile.bytes)
            #expect(client.readResponse()?.text == "hello")
            let response = try #require(client.readResponse(hasBody: false))
            #expect(response.status == hostile.status)
            #expect(response.header("Content-Type") == "application/problem+json")
            #expect(fixture.server.statistics().refused == 1)
            #expect(fixture.seen.requests.withLock { $0.map(\.path) } == ["/hello"])
        }
    }

    @Test func `what is merely unusual is accepted`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            let heads = [
                "GET /hello HTTP/1.1\r\nHost:\r\n\r\n",
                "GET /hello HTTP/1.1\r\nHost:a:80\r\nX:\r\nY: \u{C3}\t z \r\n\r\n",
                "GET /hello HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 0\r\n\r\n",
                "GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length:   003   \r\n\r\nabc",
                "GET /hello HTTP/1.1\r\nHost: a" + String(repeating: "\r\nX: 1", count: 99) + "\r\n\r\n",
                "GET /hello?\(String(repeating: "x", count: 8192 - 7)) HTTP/1.1\r\nHost: a\r\n\r\n",
            ]
            for head in heads {
                client.send(head)
                #expect(client.readResponse()?.text == "hello")
            }
            client.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.readResponse()?.status == 404)
        }
    }
}
