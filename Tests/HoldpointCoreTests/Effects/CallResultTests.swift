import HoldpointCore
import JSON
import Testing

struct CallResultTests {
    private static let now = Sample.start
    private static let soon = now.adding(milliseconds: CallLimits.postponementMilliseconds)
    private static let later = now.adding(milliseconds: CallLimits.backoffMilliseconds)

    private func result(
        _ outcome: HTTPCall.Outcome, attempt: Int64 = 1, raw: Bool = false, mask: SecretMask = SecretMask([]),
        maximumBytes: Int = CallLimits.responseBytes, method: JSONValue = "post"
    ) throws -> CallResult {
        CallResult(
            of: outcome, effect: try proposedCall(["method": method], raw: raw), attempt: attempt, now: Self.now,
            mask: mask,
            maximumBytes: maximumBytes)
    }

    private func answer(
        _ status: Int = 200, _ headers: [(String, String)] = [], body: String = ""
    ) throws -> HTTPCall.Outcome {
        .answered(
            HTTPCall.Answer(
                status: status, headers: headers.map { HTTPCall.Header(received: $0.0, $0.1) },
                body: Array(body.utf8), url: try WebURL("https://a.example/pay")))
    }

    @Test(arguments: [200, 404, 503])
    func `an answer completes the call, whatever its status`(status: Int) throws {
        let answer = try answer(status, [("Content-Type", "application/json")], body: #"{"a":1}"#)
        #expect(
            try result(answer)
                == .completed(response: [
                    "statusCode": .integer(Int64(status)), "headers": ["content-type": "application/json"],
                    "content": ["a": 1],
                ]))
    }

    @Test(arguments: [HTTPCall.Failure.overloaded, .notPermitted, .cancelled])
    func `what this node did not send is sent later`(failure: HTTPCall.Failure) throws {
        #expect(
            try result(.notPerformed(failure)) == .notSent(reason: failure.description, retryAt: Self.soon))
    }

    @Test(arguments: [
        (HTTPCall.Failure.unreachable, 502), (.cutOff, 502), (.timedOut, 504), (.insecure, 500), (.invalid, 500),
        (.addressRefused(.loopback), 500), (.answerTooLarge(limitBytes: 9), 500),
        (.redirectRefused(.tooMany), 500),
    ])
    func `what cannot be performed fails as a communication error`(failure: HTTPCall.Failure, status: Int) throws {
        #expect(
            try result(.notPerformed(failure))
                == .failed(problem: [
                    "type": "https://serverlessworkflow.io/spec/1.0.0/errors/communication",
                    "status": .integer(Int64(status)), "title": "Communication failed",
                    "detail": .string(failure.description), "instance": "/do/0/pay",
                ]))
    }

    @Test(arguments: [
        HTTPCall.Failure.unreachable, .cutOff, .timedOut, .insecure, .cancelled, .overloaded, .notPermitted, .invalid,
    ])
    func `what left and has no answer is unknown`(failure: HTTPCall.Failure) throws {
        #expect(try result(.unknown(failure)) == .unknown(reason: failure.description, retryAt: Self.later))
    }

    @Test(arguments: [
        HTTPCall.Failure.answerTooLarge(limitBytes: 9), .redirectRefused(.tooMany), .addressRefused(.privateNetwork),
    ])
    func `an answer that cannot be taken is not asked for again`(failure: HTTPCall.Failure) throws {
        guard case .failed(let problem) = try result(.unknown(failure), method: "put") else {
            Issue.record("it does not count as failed")
            return
        }
        #expect(problem["detail"] == .string(failure.description))
        // What must not be made twice is no error that a retry could catch: a human says what is to become of it.
        #expect(
            try result(.unknown(failure))
                == .unknown(reason: "it left, but \(failure.description)", retryAt: Self.now))
    }

    @Test func `a call rests longer after each attempt, up to a limit`() throws {
        #expect(
            [0, 1, 2, 3, 4, 50, Int64.max].map(CallLimits.backoff) == [2, 2, 8, 32, 60, 60, 60].map { $0 * 1_000 })
        #expect(
            try result(.unknown(.timedOut), attempt: 2)
                == .unknown(
                    reason: HTTPCall.Failure.timedOut.description, retryAt: Self.now.adding(milliseconds: 8_000)))
    }

    @Test func `an answer that no event holds fails the call`() throws {
        let long = try answer(body: String(repeating: "a", count: CallLimits.responseBytes - 100))
        guard case .completed = try result(long) else {
            Issue.record("it does not fit")
            return
        }
        // Each of these bytes takes six in a record.
        let escaped = try answer(body: String(repeating: "\u{1}", count: CallLimits.responseBytes / 6))
        for outcome in [escaped, try answer(body: String(repeating: "a", count: CallLimits.responseBytes))] {
            #expect(
                try result(outcome)
                    == .tooLarge(proposedCall([:]), maximumBytes: CallLimits.responseBytes, now: Self.now))
        }
        guard case .unknown = try result(long, maximumBytes: 1_000) else {
            Issue.record("a call that must not be made twice is for a human to judge")
            return
        }
        guard case .failed(let problem) = try result(long, maximumBytes: 1_000, method: "get") else {
            Issue.record("the limit does not count")
            return
        }
        #expect(problem["detail"] == "the answer was too large: its record may have at most 1000 bytes")
    }

    @Test func `cookies are not recorded`() throws {
        let answer = try answer(200, [("Set-Cookie", "a=b"), ("set-cookie", "c=d"), ("X", "1"), ("x", "2")])
        #expect(
            try result(answer) == .completed(response: ["statusCode": 200, "headers": ["x": "1, 2"], "content": nil]))
    }

    @Test(arguments: [
        ("application/json", #"{"echo":"s\u0065cret","secret":["a secret"],"n":1}"#, false),
        ("text/plain", "the secret, c2VjcmV0", false), ("text/plain", "the secret", true),
    ])
    func `I9: an answer that repeats a secret does not show it`(type: String, body: String, isRaw: Bool) throws {
        let answer = try answer(200, [("Content-Type", type), ("X-Echo", "secret")], body: body)
        guard case .completed(let response) = try result(answer, raw: isRaw, mask: SecretMask(["secret"])) else {
            Issue.record("it did not complete")
            return
        }
        #expect(response["headers"]?["x-echo"] == "***")
        switch (type, isRaw) {
        case ("application/json", _): #expect(response["content"] == ["echo": "***", "***": ["a ***"], "n": 1])
        case (_, true): #expect(response["content"] == .string(Base64.encode("the ***".utf8)))
        default: #expect(response["content"] == "the ***, ***")
        }
    }
}
