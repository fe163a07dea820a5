import HoldpointCore
import JSON
import Testing

struct WebURLTests {
    @Test(arguments: [
        ("http://example.org", "http://example.org/"), ("HTTPS://Example.ORG:443/A", "https://example.org/A"),
        ("http://h:8080/a?b#c", "http://h:8080/a?b"), ("http://h?q", "http://h/?q"), ("http://h/a?", "http://h/a?"),
        ("http://[::1]:81/", "http://[::1]:81/"), ("http://127.0.0.1/", "http://127.0.0.1/"),
        ("http://h/ä b\"<>\\^`{|}[]", "http://h/%C3%A4%20b%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D"),
        ("http://h/%2F%c3", "http://h/%2F%c3"), ("http://h/a@b:c", "http://h/a@b:c"),
    ])
    func `a URL has one strict form`(text: String, form: String) throws {
        #expect(try WebURL(text).text == form)
    }

    @Test(arguments: [
        "", "h", "/a", "//h/a", "ftp://h/", "file:///etc/passwd", "gopher://h/", "http:/h", "http:h", "http://",
        "http:///a", "http://user@h/", "http://user:password@h/", "http://good.example\\@evil.example/",
        "http://h:0/", "http://h:65536/", "http://h:/", "http://h:80a/", "http://h:+80/", "http://h h/",
        "http://h%2eexample/", "http://bücher.example/", "http://a..b/", "http://h./", "http://127.1/",
        "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://1.2.3.4.5/", "http://::1/",
        "http://[::1/", "http://[fe80::1%25eth0]/", "http://[127.0.0.1]/", "http://[h]/", "http://h/%", "http://h/%4",
        "http://h/%zz", "http://h/a\r\nX: y", "http://h/\u{0}", "http://h/\t", " http://h/",
    ])
    func `what somebody could read as another host, or as two lines, is refused`(text: String) {
        #expect(throws: InvalidWebURL.self) { try WebURL(text) }
    }

    @Test func `a URL over the limit is refused, also if only its encoding is`() throws {
        let head = "http://h/"
        _ = try WebURL(head + String(repeating: "a", count: WebURL.maximumBytes - head.utf8.count))
        #expect(throws: InvalidWebURL.self) {
            try WebURL(head + String(repeating: "a", count: WebURL.maximumBytes - head.utf8.count + 1))
        }
        #expect(throws: InvalidWebURL.self) { try WebURL(head + String(repeating: " ", count: 4_000)) }
        #expect(throws: InvalidWebURL.self) { try WebURL("http://\(String(repeating: "a.", count: 127))a/") }
    }

    @Test(arguments: [
        ("https://x.example/y", "https://x.example/y"), ("//x.example/y", "http://x.example/y"),
        ("/y", "http://h:81/y"),
        ("y", "http://h:81/a/y"), ("../y", "http://h:81/y"), ("../../../y", "http://h:81/y"),
        ("./y", "http://h:81/a/y"),
        ("%2e%2E/y", "http://h:81/y"), ("..", "http://h:81/"), (".", "http://h:81/a/"), ("?z", "http://h:81/a/b?z"),
        ("", "http://h:81/a/b?q"), ("#f", "http://h:81/a/b?q"), ("y?u#f", "http://h:81/a/y?u"),
        ("/y z", "http://h:81/y%20z"),
    ])
    func `a reference is resolved as RFC 3986 says`(reference: String, target: String) throws {
        #expect(try WebURL("http://h:81/a/b?q").resolving(reference).text == target)
    }

    @Test(arguments: ["javascript:alert(1)", "ftp://h/", "http:", "//user@h/", "//", "/a\nb", "http://127.1/"])
    func `a reference to no web address is refused`(reference: String) throws {
        let base = try WebURL("http://h/")
        #expect(throws: InvalidWebURL.self) { try base.resolving(reference) }
    }

    @Test(arguments: [
        ("http://h/a?\u{301}b", "http://h/a?%CC%81b"), ("http://h/a#\u{301}b", "http://h/a"),
        ("http://h?\u{301}b", "http://h/?%CC%81b"),
    ])
    func `a mark that combines with a character of the grammar does not hide it`(text: String, url: String) throws {
        #expect(try WebURL(text).text == url)
        #expect(try WebURL("http://h/x").resolving(text).text == url)
        #expect(try WebURL("http://h/x").resolving(String(text.dropFirst("http:".count))).text == url)
        #expect(throws: InvalidWebURL.self) { try WebURL("http://h/x").resolving("javascript:\u{301}x") }
        #expect(throws: InvalidWebURL.self) { try WebURL("http://user@\u{301}h/") }
    }

    @Test func `origins differ in scheme, host or port`() throws {
        #expect(try WebURL("http://h/a").origin == WebURL("http://H:80/b").origin)
        for other in ["https://h/", "http://h:81/", "http://i/", "http://h.i/"] {
            #expect(try WebURL(other).origin != WebURL("http://h/").origin)
        }
    }

    @Test func `I9: a URL is shown without its query`() throws {
        #expect(try "\(WebURL("http://h/a?key=secret"))" == "http://h/a")
    }

    @Test(arguments: [
        ("http://h/a/{id}/b", "x/../y?z", "http://h/a/x%2F..%2Fy%3Fz/b"), ("http://h/{a.b_c9}", "ä", "http://h/%C3%A4"),
        ("http://h/{x}{x}", "-._~", "http://h/-._~-._~"), ("http://h/", "unused", "http://h/"),
        ("http://h/{x}", "100%", "http://h/100%25"), ("{x}", "http://h", "http%3A%2F%2Fh"),
    ])
    func `a variable of a template becomes one value and nothing else`(
        template: String, value: String, expansion: String
    ) throws {
        let value = JSONValue.string(value)
        let template = try URITemplate(template)
        #expect(try template.expanded(with: ["id": value, "a.b_c9": value, "x": value]) == expansion)
    }

    @Test func `numbers and booleans are values, and variables are named`() throws {
        let template = try URITemplate("/{a}/{b}/{a}")
        #expect(template.variables == ["a", "b", "a"])
        #expect(try template.expanded(with: ["a": 7, "b": true]) == "/7/true/7")
        #expect(throws: URITemplateError.missing(variable: "b")) { try template.expanded(with: ["a": 7]) }
        #expect(throws: URITemplateError.missing(variable: "a")) { try template.expanded(with: ["a": nil]) }
        #expect(throws: URITemplateError.unsuitable(variable: "a")) { try template.expanded(with: ["a": []]) }
    }

    @Test(arguments: [
        "{", "}", "a}b", "{a", "{}", "{a b}", "{+a}", "{#a}", "{/a}", "{.a}", "{;a}", "{?a}", "{&a}", "{a*}", "{a:3}",
        "{a,b}", "{{a}}", "{a..b}", "{a-b}", "{ä}",
    ])
    func `what is beyond level 1 of RFC 6570 is refused`(template: String) {
        #expect(throws: URITemplateError.self) { try URITemplate(template) }
    }

    @Test func `a template over the limit is refused`() {
        #expect(throws: URITemplateError.self) {
            try URITemplate(String(repeating: "a", count: URITemplate.maximumBytes + 1))
        }
    }
}
