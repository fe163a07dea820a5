import HoldpointCore
import JSON
import Testing

struct HTTPRedirectTests {
    private func call(
        _ method: HTTPCall.Method, _ url: String = "https://h/a", follows: Bool = true
    ) throws -> HTTPCall {
        var draft = HTTPCallDraft(method: method, endpoint: try URITemplate(url))
        draft.headers = ["Accept": "text/plain", "X-Api-Key": "secret", "Cookie": "secret"]
        draft.authentication = .bearer(token: "secret")
        draft.followsRedirects = follows
        if !method.isSafe { draft.body = "content" }
        return try draft.call(idempotencyKey: "k")
    }

    private func judge(
        _ status: Int, _ location: String?, _ call: HTTPCall, after count: Int = 0
    ) -> HTTPRedirect {
        HTTPRedirect.judge(status: status, location: location, of: call, after: count)
    }

    @Test(arguments: [
        (301, HTTPCall.Method.get, HTTPCall.Method.get), (302, .head, .head), (301, .post, .get), (302, .post, .get),
        (303, .post, .get), (303, .put, .get), (303, .delete, .get), (303, .head, .head), (307, .post, .post),
        (308, .put, .put), (301, .put, .put), (302, .delete, .delete), (308, .get, .get),
    ])
    func `the status says which method comes next`(
        status: Int, method: HTTPCall.Method, next: HTTPCall.Method
    ) throws {
        let call = try call(method)
        guard case .follow(let following) = judge(status, "/b", call) else {
            Issue.record("not followed")
            return
        }
        #expect(following.method == next)
        #expect(following.url.text == "https://h/b")
        #expect(following.body == (next == method ? call.body : nil))
        #expect(following.headers.contains { $0.isNamed("Content-Type") } == (next == method && !method.isSafe))
        #expect(following.headers.contains { $0.isNamed("Authorization") })
    }

    @Test(arguments: ["https://other/", "https://h:444/", "//other/", "https://sub.h/"])
    func `I9: at another origin no header goes that may be a secret`(location: String) throws {
        guard case .follow(let next) = judge(302, location, try call(.get)) else {
            Issue.record("not followed")
            return
        }
        #expect(next.headersToSend.map(\.name) == ["Accept", "Idempotency-Key"])
    }

    @Test(arguments: [307, 308])
    func `I7: a call that may change something goes to no other server`(status: Int) throws {
        #expect(judge(status, "https://other/", try call(.post)) == .refused(.unsafeElsewhere))
        #expect(judge(301, "https://other/", try call(.delete)) == .refused(.unsafeElsewhere))
    }

    @Test func `nothing goes from https to http, but from http to https`() throws {
        #expect(judge(302, "http://h/", try call(.get)) == .refused(.insecure))
        guard case .follow = judge(302, "https://h/", try call(.get, "http://h/")) else {
            Issue.record("not followed")
            return
        }
    }

    @Test(arguments: ["file:///etc/passwd", "gopher://h/", "https://user@h/", "https://127.1/", "/a\r\nb"])
    func `a target that is no web address is refused`(location: String) throws {
        #expect(judge(302, location, try call(.get)) == .refused(.notHTTP))
    }

    @Test func `redirects are counted`() throws {
        let call = try call(.get)
        guard case .follow = judge(302, "/b", call, after: HTTPRedirect.maximumCount - 1) else {
            Issue.record("not followed")
            return
        }
        #expect(judge(302, "/b", call, after: HTTPRedirect.maximumCount) == .refused(.tooMany))
    }

    @Test func `an answer that does not redirect stands for itself`() throws {
        for status in [200, 201, 300, 304, 305, 306, 400, 500] {
            #expect(judge(status, "/b", try call(.get)) == .none)
        }
        #expect(judge(302, nil, try call(.get)) == .none)
        #expect(judge(302, "/b", try call(.get, follows: false)) == .none)
    }
}
