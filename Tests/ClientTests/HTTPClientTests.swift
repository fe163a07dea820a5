import Foundation
import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPClientTests {
    private func answer(_ head: String, _ body: String = "") -> [HTTPClientScriptedServer.Step] {
        [.send("HTTP/1.1 \(head)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")]
    }

    @Test func `a request goes out as it was given and the response comes back whole`() throws {
        let server = try HTTPClientScriptedServer(
            answer("409 Conflict\r\nContent-Type: application/problem+json\r\nX-Note:  two words \t", "{\"code\":1}"))
        let response = try HTTPClient.perform(
            .init(
                method: "POST", url: server.url + "/v1/things?a=b%20c",
                headers: [.init("Authorization", "Bearer k"), .init("X-Empty", "")], body: Array("{}".utf8)))
        #expect(response.status == 409)
        #expect(response.header("content-TYPE") == "application/problem+json")
        #expect(response.header("X-Note") == "two words")
        #expect(response.header("X-Absent") == nil)
        #expect(response.body == Array("{\"code\":1}".utf8))
        let lines = server.receivedRequest().components(separatedBy: "\r\n")
        #expect(lines.first == "POST /v1/things?a=b%20c HTTP/1.1")
        #expect(lines.contains("Authorization: Bearer k"))
        #expect(lines.contains("X-Empty:"))
        #expect(lines.contains("Content-Length: 2"))
        #expect(lines.last == "{}")
        #expect(!lines.contains { $0.hasPrefix("Content-Type") || $0.hasPrefix("Expect") })
    }

    @Test func `a POST without a body says that its length is zero`() throws {
        let server = try HTTPClientScriptedServer(answer("200 OK"))
        _ = try HTTPClient.perform(.init(method: "POST", url: server.url))
        #expect(server.receivedRequest().contains("\r\nContent-Length: 0\r\n"))
    }

    @Test func `a body with NUL bytes arrives whole`() throws {
        let server = try HTTPClientScriptedServer(answer("200 OK"))
        _ = try HTTPClient.perform(.init(method: "PUT", url: server.url, body: [1, 0, 2]))
        #expect(server.receivedRequest().hasSuffix("\r\n\r\n\u{1}\u{0}\u{2}"))
    }

    @Test func `a HEAD request does not wait for the body that its response announces`() throws {
        let server = try HTTPClientScriptedServer([.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")])
        #expect(try HTTPClient.perform(.init(method: "HEAD", url: server.url)).body.isEmpty)
    }

    @Test func `an interim response is not taken for the final one`() throws {
        let server = try HTTPClientScriptedServer(
            [.send("HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n")] + answer("201 Created", "ok"))
        let response = try HTTPClient.perform(.init(url: server.url))
        #expect(response.status == 201)
        #expect(response.header("X-Early") == nil)
    }

    @Test func `a certificate must be of the authority that is named, for the host that is asked`() throws {
        let server = try CurlSecureServer()
        func outcome(_ host: String, _ authorities: String?) throws(HTTPClientError) -> Int {
            let url = "https://\(host):\(server.port)/"
            return try HTTPClient.perform(.init(url: url, authoritiesFile: authorities)).status
        }
        #expect(try outcome("localhost", server.certificateFile) == 200)
        for (host, authorities) in [("localhost", nil), ("127.0.0.1", server.certificateFile)] {
            #expect { try outcome(host, authorities) } throws: { error in
                guard case HTTPClientError.transferFailed(let reason) = error else { return false }
                return reason.contains("SSL")
            }
        }
        #expect { try outcome("localhost", "/nowhere.pem") } throws: { error in
            guard case HTTPClientError.invalidRequest(let reason) = error else { return false }
            return reason.contains("/nowhere.pem")
        }
    }

    @Test func `a redirect is handed to the caller and not followed`() throws {
        let server = try HTTPClientScriptedServer(answer("302 Found\r\nLocation: http://127.0.0.1:1/"))
        #expect(try HTTPClient.perform(.init(url: server.url)).status == 302)
    }

    @Test func `a body over the limit is refused, one of exactly the limit is not`() throws {
        let over = try HTTPClientScriptedServer(answer("200 OK", String(repeating: "x", count: 1001)))
        #expect(throws: HTTPClientError.responseTooLarge(limitBytes: 1000)) {
            try HTTPClient.perform(.init(url: over.url, maximumResponseBytes: 1000))
        }
        let exact = try HTTPClientScriptedServer(answer("200 OK", String(repeating: "x", count: 1000)))
        #expect(try HTTPClient.perform(.init(url: exact.url, maximumResponseBytes: 1000)).body.count == 1000)
    }

    @Test func `a head without end is refused`() throws {
        let line = "X-Filler: \(String(repeating: "x", count: 1000))\r\n"
        let server = try HTTPClientScriptedServer(
            [.send("HTTP/1.1 200 OK\r\n")] + Array(repeating: .send(line), count: 80))
        #expect(throws: HTTPClientError.responseTooLarge(limitBytes: 64 << 10)) {
            try HTTPClient.perform(.init(url: server.url))
        }
    }

    @Test func `a server that says nothing is given up when the time is over`() throws {
        let server = try HTTPClientScriptedServer([.waitForTest])
        #expect(throws: HTTPClientError.timedOut) {
            try HTTPClient.perform(.init(url: server.url, timeout: .milliseconds(50)))
        }
        server.goOn()
    }

    @Test func `a connection that nobody accepts is told apart from one that broke`() throws {
        // A port that was just given out and closed again: nobody listens there.
        let closed = try HTTPClientScriptedServer([])
        #expect(throws: HTTPClientError.self) { try HTTPClient.perform(.init(url: closed.url)) }
        _ = closed.receivedRequest()
        let error = #expect(throws: HTTPClientError.self) { try HTTPClient.perform(.init(url: closed.url)) }
        guard case .unreachable = error else {
            Issue.record("expected 'unreachable', got \(String(describing: error))")
            return
        }
    }

    @Test func `a response that ends too soon is an error`() throws {
        let server = try HTTPClientScriptedServer([.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")])
        let error = #expect(throws: HTTPClientError.self) { try HTTPClient.perform(.init(url: server.url)) }
        guard case .transferFailed = error else {
            Issue.record("expected 'transferFailed', got \(String(describing: error))")
            return
        }
    }

    @Test(arguments: [
        "ftp://127.0.0.1/", "file:///etc/hostname", "gopher://127.0.0.1/", "no url", "", "/path", "http://",
    ])
    func `only absolute http and https URLs are asked`(url: String) {
        let error = #expect(throws: HTTPClientError.self) { try HTTPClient.perform(.init(url: url)) }
        guard case .invalidRequest = error else {
            Issue.record("expected 'invalidRequest', got \(String(describing: error))")
            return
        }
    }

    @Test(arguments: [
        HTTPClient.Request(method: "GET /x HTTP/1.1\r\nA: b\r\n\r\nGET", url: "http://127.0.0.1:1/"),
        HTTPClient.Request(method: "", url: "http://127.0.0.1:1/"),
        HTTPClient.Request(url: "http://127.0.0.1:1/", headers: [.init("A", "b\r\nC: d")]),
        HTTPClient.Request(url: "http://127.0.0.1:1/", headers: [.init("A", "b\u{0}c")]),
        HTTPClient.Request(url: "http://127.0.0.1:1/", headers: [.init("A: b", "c")]),
        HTTPClient.Request(url: "http://127.0.0.1:1/", headers: [.init("", "c")]),
        HTTPClient.Request(url: "http://127.0.0.1:1/", timeout: .zero),
    ])
    func `nothing that would smuggle a line into the request is sent`(request: HTTPClient.Request) {
        let error = #expect(throws: HTTPClientError.self) { try HTTPClient.perform(request) }
        guard case .invalidRequest = error else {
            Issue.record("expected 'invalidRequest', got \(String(describing: error))")
            return
        }
    }

    @Test(arguments: ["localhost", "LOCALHOST", "a.localhost", "127.0.0.1", "127.255.0.9", "[::1]"])
    func `a name of this machine is asked without a proxy`(host: String) {
        #expect(LoopbackHost.matches(host))
    }

    @Test(arguments: [
        "example.org", "localhost.example.org", "128.0.0.1", "127.0.0.1.example.org", "127.0.0", "notlocalhost",
    ])
    func `any other name may be asked through a proxy`(host: String) {
        #expect(!LoopbackHost.matches(host))
    }
}
