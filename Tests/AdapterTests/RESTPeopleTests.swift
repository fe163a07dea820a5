import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON
import Testing

/// Users, and what keys do for them.
@Suite(.timeLimit(.minutes(1)))
struct RESTPeopleTests {
    private static let request = RESTSamples.requestID(.permission).description

    @Test(
        arguments: [
            ("PUT /users/a%20b", "{}", 422, ["path:id"]),
            ("PUT /users/ann", #"{"accreditation":"N7"}"#, 422, ["/accreditation"]),
            ("PUT /users/ann", #"{"id":"bob"}"#, 422, ["/id"]),
            ("POST /requests/REQ/claim", #"{"as":"a b"}"#, 422, ["/as"]),
            ("POST /requests/REQ/claim", "{}", 422, ["/as"]),
            ("POST /requests/REQ/claim", #"{"as":"ann","for":0}"#, 422, ["/for"]),
            ("POST /requests/REQ/claim", #"{"as":"ann","for":86401}"#, 422, ["/for"]),
            ("POST /requests/REQ/release", "{}", 422, ["/as"]),
            ("POST /requests/REQ/delegate", #"{"as":"ann"}"#, 422, ["/to"]),
            ("POST /requests/REQ/reopen", #"{"as":1}"#, 422, ["/as"]),
            ("POST /requests/REQ/respond", #"{"response":{},"as":"é"}"#, 422, ["/as"]),
            ("POST /requests/respond", #"{"answers":[]}"#, 422, ["/answers"]),
            (
                "POST /requests/respond", #"{"answers":[{"request":"r"},{"response":{},"more":1}]}"#, 422,
                ["/answers/0/response", "/answers/1/request", "/answers/1/more"]
            ),
        ] as [(String, String, Int, [String])])
    func `what does not fit is refused with its place, and nothing is asked`(
        route: String, body: String, status: Int, pointers: [String]
    ) async throws {
        let fixture = try RESTFixture()
        let parts = route.replacing("REQ", with: Self.request).split(separator: " ")
        let answer = await fixture.call(parts[0] == "PUT" ? .put : .post, String(parts[1]), body)
        #expect(answer.status == status)
        let found = answer.json["errors"]?.arrayValue?.compactMap { $0["pointer"]?.stringValue } ?? []
        #expect(found == pointers)
        #expect(fixture.gateway.calls.isEmpty)
    }

    @Test func `a claim holds a quarter of an hour unless it says`() async throws {
        let fixture = try RESTFixture()
        for body in [#"{"as":"ann"}"#, #"{"as":"ann","for":null}"#, #"{"as":"ann","for":60}"#] {
            #expect(await fixture.call(.post, "/requests/\(Self.request)/claim", body).status == 200)
        }
        let ann = try UserID("ann")
        let claims = [900, 900, 60 as Int64].map { "\(RequestAct.claim(by: ann, seconds: $0))" }
        #expect(fixture.gateway.calls.map(\.detail) == claims)
    }

    @Test func `a project with as many users as it may have is told so`() async throws {
        let fixture = try RESTFixture()
        fixture.gateway.change { $0.isStored = true }
        let answer = await fixture.call(.put, "/users/ann", "{}")
        #expect(answer.status == 409)
        #expect(answer.code == "too_many_users")
    }

    @Test func `an unknown user is an error of the body and not of the answer`() async throws {
        let fixture = try RESTFixture()
        let violation = JSONViolation(pointer: JSONPointer.root.appending("as"), detail: "is no user")
        let refusal = Rejection(.userUnknown, "there is no such user", violations: [violation])
        fixture.gateway.change { $0.refusal = .rejected(refusal) }
        let body = #"{"response":{},"as":"ann"}"#
        let one = await fixture.call(.post, "/requests/\(Self.request)/respond", body)
        #expect(one.json["errors"]?.arrayValue?.first?["pointer"] == "/as")
        let many = #"{"answers":[{"request":"\#(Self.request)","response":{},"as":"ann"}]}"#
        let outcomes = await fixture.call(.post, "/requests/respond", many)
        #expect(outcomes.status == 200)
        let outcome = try #require(outcomes.json["outcomes"]?.arrayValue?.first)
        #expect(outcome["status"] == 422)
        #expect(outcome["body"]?["errors"]?.arrayValue?.first?["pointer"] == "/answers/0/as")
    }

    @Test func `what does not fit of one of several answers is found under its own place`() async throws {
        let fixture = try RESTFixture()
        let violation = JSONViolation(pointer: JSONPointer.root.appending("action"), detail: "is wrong")
        let refusal = Rejection(.invalidAnswer, "it does not fit", violations: [violation])
        fixture.gateway.change { $0.refusal = .rejected(refusal) }
        let answers = (0..<3).map { _ in #"{"request":"\#(Self.request)","response":{}}"# }.joined(separator: ",")
        let answer = await fixture.call(.post, "/requests/respond", #"{"answers":[\#(answers)]}"#)
        let found = answer.json["outcomes"]?.arrayValue?.map { $0["body"]?["errors"]?.arrayValue?.first?["pointer"] }
        #expect(found == (0..<3).map { .string("/answers/\($0)/response/action") })
    }

    @Test func `a key against repetition counts for each answer by its place`() async throws {
        let fixture = try RESTFixture()
        let ids = [RequestType.permission, .decision].map { RESTSamples.requestID($0).description }
        let answers = ids.map { #"{"request":"\#($0)","response":{}}"# }.joined(separator: ",")
        let answer = await fixture.call(
            .post, "/requests/respond", #"{"answers":[\#(answers)]}"#, headers: ["Idempotency-Key": "k"])
        #expect(answer.status == 200)
        #expect(answer.json["outcomes"]?.arrayValue?.map { $0["request"]?.stringValue } == ids)
        let keys = Set(fixture.gateway.calls.compactMap(\.options?.idempotencyKey))
        #expect(keys.count == 2)
        #expect(keys.allSatisfy { $0.contains("/requests/respond k ") })
    }
}
