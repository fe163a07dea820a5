import HTTPClient
import Testing

struct HTTPClientServerSentEventParserTests {
    private func events(_ text: String) throws -> [ServerSentEvent] {
        var parser = ServerSentEventParser()
        return try parser.consume(text.utf8)
    }

    @Test func `fields, comments and several data lines are read as the standard says`() throws {
        let text = """
            : a comment
            event: add
            data: YHOO
            data:+2
            data
            id: 7
            nonsense: ignored
            datax: ignored

            data:  two blanks


            """
        #expect(
            try events(text) == [
                ServerSentEvent(id: "7", type: "add", data: "YHOO\n+2\n"),
                ServerSentEvent(id: "7", type: "message", data: " two blanks"),
            ])
    }

    @Test func `an event without data is none, but its id counts`() throws {
        var parser = ServerSentEventParser()
        #expect(try parser.consume("event: x\nid: 4\n\n".utf8).isEmpty)
        #expect(try parser.consume("data\n\n".utf8) == [ServerSentEvent(id: "4", type: "message", data: "")])
    }

    @Test func `an id with a NUL byte is ignored and an empty one clears it`() throws {
        let found = try events("id: 1\ndata: a\n\nid: 2\u{0}\ndata: b\n\nid\ndata: c\n\n")
        #expect(found.map(\.id) == ["1", "1", ""])
    }

    @Test func `a byte order mark is skipped at the start only`() throws {
        #expect(try events("\u{FEFF}data: a\n\n\u{FEFF}data: b\n\n").map(\.data) == ["a"])
    }

    @Test func `an event that no blank line closes is not an event`() throws {
        #expect(try events("data: a\n\ndata: b\n").map(\.data) == ["a"])
    }

    @Test(arguments: ["\n", "\r", "\r\n"])
    func `bytes may be cut anywhere, whatever ends a line`(lineEnd: String) throws {
        let text = ["id: 1", "data: grüße", "data: 2", "", ": x", "event: e", "data: 3", "", ""].joined(
            separator: lineEnd)
        let bytes = Array(text.utf8)
        let whole = try events(text)
        #expect(whole.map(\.data) == ["grüße\n2", "3"])
        for cut in 0...bytes.count {
            var parser = ServerSentEventParser()
            let pieces = try parser.consume(bytes[..<cut]) + parser.consume(bytes[cut...])
            #expect(pieces == whole, "cut at \(cut)")
        }
        var parser = ServerSentEventParser()
        #expect(try bytes.flatMap { try parser.consume([$0]) } == whole)
    }

    @Test(arguments: ["data: 12345", ":123456789a", "data: 1\n:12345678", "data\ndata\ndata\ndata\ndata: 1"])
    func `an event over the limit is refused`(text: String) {
        var parser = ServerSentEventParser(maximumEventBytes: 10)
        let error = #expect(throws: ServerSentEventParser.EventTooLarge.self) { try parser.consume(text.utf8) }
        #expect(error?.limitBytes == 10)
    }

    @Test func `events of exactly the limit are read, and any number of comments`() throws {
        var parser = ServerSentEventParser(maximumEventBytes: 10)
        let comments = String(repeating: ":heartbeat\n", count: 100)
        let found = try parser.consume("data: 1234\n\n\(comments)data: 5678\n\n".utf8)
        #expect(found.map(\.data) == ["1234", "5678"])
    }
}
