import HTTPServer
import Testing

struct HTTPServerValueTests {
    @Test(arguments: [
        ("/", []), ("/a", ["a"]), ("/a/", ["a", ""]), ("//", ["", ""]), ("/%41%2f", ["A/"]), ("/a+b", ["a+b"]),
        ("/%E2%82%AC", ["€"]),
    ])
    func `path segments are decoded one by one`(target: String, segments: [String]) {
        #expect(HTTPRequest(method: .get, target: target).percentDecodedPathSegments() == segments)
    }

    @Test(arguments: ["/%", "/%4", "/%zz", "/%00", "/%FF", "/%C3", "*", "/%C0%AF"])
    func `malformed paths have no segments`(target: String) {
        #expect(HTTPRequest(method: .get, target: target).percentDecodedPathSegments() == nil)
    }

    @Test(arguments: [
        ("/", ""), ("/?", ""), ("/?a=1&b=2", "a:1,b:2"), ("/?a=1&&a=2", "a:1,a:2"), ("/?a==", "a:="),
        ("/?=1", ":1"), ("/?a=%26%3D+%2B", "a:&= +"), ("/?a?b", "a?b:"),
    ])
    func `query items are decoded in order`(target: String, expected: String) {
        let items = HTTPRequest(method: .get, target: target).queryItems()
        #expect(items.map { $0.map { "\($0.0):\($0.1)" }.joined(separator: ",") } == expected)
    }

    @Test(arguments: ["/?a=%", "/?%zz=1", "/?a=%FF", "/?a=%00"])
    func `malformed queries have no items`(target: String) {
        #expect(HTTPRequest(method: .get, target: target).queryItems() == nil)
    }

    @Test func `headers keep order and ignore case`() {
        var headers: HTTPHeaders = ["B": "1", "a": "2"]
        headers.add("b", "3")
        #expect(headers["b"] == "1")
        #expect(headers.values("B") == ["1", "3"])
        headers["B"] = "4"
        #expect(headers.fields.map(\.value) == ["2", "4"])
        headers["a"] = nil
        #expect(headers.fields.map(\.name) == ["B"])
    }
}
