import HoldpointCore
import JSON
import Testing

struct HTTPResponseTests {
    private func content(_ body: [UInt8], type: String?, isRaw: Bool = false) throws -> JSONValue? {
        let headers = type.map { [HTTPCall.Header(received: "Content-Type", $0)] } ?? []
        let answer = HTTPCall.Answer(status: 200, headers: headers, body: body, url: try WebURL("http://h/"))
        return answer.response(isRaw: isRaw)["content"]
    }

    @Test func `a program sees status, headers and content`() throws {
        let headers = [("X-A", "1"), ("x-b", "2"), ("x-a", "3"), ("content-type", "application/json; charset=utf-8")]
        let answer = HTTPCall.Answer(
            status: 404, headers: headers.map { HTTPCall.Header(received: $0.0, $0.1) },
            body: Array(#"{"a": 0.10}"#.utf8), url: try WebURL("http://h/"))
        let expected =
            #"{"statusCode":404,"headers":{"x-a":"1, 3","x-b":"2","content-type":"application/json; charset=utf-8"},"#
            + #""content":{"a":0.10}}"#
        #expect(answer.response(isRaw: false).text == expected)
    }

    @Test(arguments: ["application/json", "Application/Problem+JSON;a=b", "application/vnd.x+json"])
    func `a JSON document is read, exactly`(type: String) throws {
        #expect(try content(Array("[9007199254740993]".utf8), type: type)?.text == "[9007199254740993]")
    }

    @Test(arguments: [("text/plain", "a\n"), ("application/json", "{"), ("application/json", "{\"a\":1,\"a\":2}")])
    func `what is no JSON document is text`(type: String, text: String) throws {
        #expect(try content(Array(text.utf8), type: type) == .string(text))
        #expect(try content(Array(text.utf8), type: nil) == .string(text))
    }

    @Test func `a JSON document that nests too deep is text`() throws {
        let text = String(repeating: "[", count: 1_000) + String(repeating: "]", count: 1_000)
        #expect(try content(Array(text.utf8), type: "application/json") == .string(text))
    }

    @Test func `bytes are base 64, and so is whatever is asked for as it came`() throws {
        #expect(try content([0xFF, 0], type: "application/octet-stream") == "/wA=")
        #expect(try content(Array("{}".utf8), type: "application/json", isRaw: true) == "e30=")
    }

    @Test func `no content is null, and empty as it came`() throws {
        #expect(try content([], type: "application/json") == .null)
        #expect(try content([], type: nil, isRaw: true) == "")
    }

    @Test func `I9: an answer cannot name a secret for the next call`() throws {
        let body = Array(#"{"a":[{"secret":"use/TOKEN"}],"b":{"secret":"plain"}}"#.utf8)
        #expect(
            try content(body, type: "application/json")
                == ["a": [["secret": "***"]], "b": ["secret": "plain"]])
    }
}
