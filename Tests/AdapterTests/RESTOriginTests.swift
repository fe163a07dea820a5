import HTTPServer
import JSON
import RESTAPI
import Testing

/// Which web pages may call: those that are named, and none with cookies (WHATWG Fetch, "CORS protocol").
@Suite(.timeLimit(.minutes(1)))
struct RESTOriginTests {
    private static let page = "https://inbox.example"

    private func fixture(_ origins: [String]) throws -> RESTFixture {
        var configuration = RESTConfiguration()
        configuration.allowedOrigins = try AllowedOrigins(origins)
        return try RESTFixture(configuration: configuration)
    }

    private func preflight(_ target: String, _ origin: String, _ fixture: RESTFixture) async -> RESTFixture.Answer {
        await fixture.call(
            .options, target,
            headers: ["Origin": origin, "Access-Control-Request-Method": "POST"], key: nil)
    }

    @Test func `a named page is let in, reply and refusal alike, and never with credentials`() async throws {
        let fixture = try fixture([Self.page, "http://127.0.0.1:5173"])
        for (target, status) in [("/sessions/s1", 200), ("/sessions/unknown", 404), ("/nowhere", 404)] {
            let answer = await fixture.call(.get, target, headers: ["Origin": Self.page])
            #expect(answer.status == status)
            #expect(answer.headers["Access-Control-Allow-Origin"] == Self.page)
            #expect(answer.headers["Access-Control-Expose-Headers"]?.contains("Location") == true)
            #expect(answer.headers["Access-Control-Allow-Credentials"] == nil)
            #expect(answer.headers["Vary"] == "Origin")
        }
        let stream = await fixture.call(.get, "/sessions/s1/stream", headers: ["Origin": Self.page])
        #expect(stream.headers["Access-Control-Allow-Origin"] == Self.page)
    }

    @Test func `a preflight of a named page is told the methods and headers, without a key`() async throws {
        let answer = await preflight("/sessions", Self.page, try fixture([Self.page]))
        #expect(answer.status == 204)
        #expect(answer.headers["Access-Control-Allow-Origin"] == Self.page)
        #expect(answer.headers["Access-Control-Allow-Methods"] == "POST, GET, HEAD")
        #expect(answer.headers["Access-Control-Allow-Headers"]?.contains("Authorization") == true)
        #expect(answer.headers["Access-Control-Max-Age"] == "600")
        #expect(await preflight("/nowhere", Self.page, try fixture([Self.page])).status == 404)
    }

    @Test(arguments: [
        "https://evil.example", "https://inbox.example.evil.example", "http://inbox.example", "null", "*",
        "https://inbox.example/", "https://INBOX.example",
    ])
    func `any other page is told nothing`(origin: String) async throws {
        let fixture = try fixture([Self.page])
        let answer = await fixture.call(.get, "/sessions/s1", headers: ["Origin": origin])
        #expect(answer.headers["Access-Control-Allow-Origin"] == nil)
        #expect(answer.headers["Vary"] == "Origin")
        let refused = await preflight("/sessions", origin, fixture)
        #expect(refused.status == 405)
        #expect(refused.headers["Access-Control-Allow-Methods"] == nil)
    }

    @Test func `two origins at once are none, and without names the API knows of no pages`() async throws {
        let twice = try await fixture([Self.page]).call(
            .get, "/sessions/s1", headers: ["Origin": Self.page, "Origin": Self.page])
        #expect(twice.headers["Access-Control-Allow-Origin"] == nil)
        let fixture = try RESTFixture()
        let answer = await fixture.call(.get, "/sessions/s1", headers: ["Origin": Self.page])
        #expect(answer.headers["Access-Control-Allow-Origin"] == nil)
        #expect(answer.headers["Vary"] == nil)
        #expect(await preflight("/sessions", Self.page, fixture).status == 405)
    }

    @Test(arguments: [
        "*", "inbox.example", "https://", "https://inbox.example/", "https://Inbox.example", "https://a b",
        "file://x", "https://inbox.example:443", "http://inbox.example:80", "null",
    ])
    func `what is no origin is refused`(text: String) {
        #expect(throws: AllowedOrigins.InvalidOrigin.self) { try AllowedOrigins([text]) }
    }

    @Test func `only so many origins can be named`() throws {
        let most = (0..<AllowedOrigins.maximumCount).map { "https://page-\($0).example" }
        _ = try AllowedOrigins(most)
        #expect(throws: AllowedOrigins.InvalidOrigin.self) { try AllowedOrigins(most + [Self.page]) }
    }
}
