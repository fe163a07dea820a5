import HoldpointCore
import JSON
import Testing

@Suite struct ApproversTests {
    private func read(_ value: JSONValue) -> (approvers: Approvers?, violations: [JSONViolation]) {
        var reader = JSONObjectReader(["approvers": value])
        let approvers = Approvers.read("approvers", from: &reader)
        return (approvers, reader.finish())
    }

    private func approvers(_ value: JSONValue) throws -> Approvers { try #require(read(value).approvers) }

    private static let nobody = Requester(onBehalfOf: nil, openers: [Sample.agent])

    @Test(
        arguments: [
            ("[]", ["/approvers"]), (#"{"accreditation": "N5"}"#, ["/approvers/accreditation"]),
            (#"{"accreditation": 2}"#, ["/approvers/accreditation"]),
            (#"{"users": []}"#, ["/approvers/users"]), (#"{"users": "ann"}"#, ["/approvers/users"]),
            (#"{"users": ["ann", "no way", 3]}"#, ["/approvers/users/1", "/approvers/users/2"]),
            (#"{"groups": ["a", "a"]}"#, ["/approvers/groups/1"]), (#"{"groups": ["a@b"]}"#, ["/approvers/groups/0"]),
            (#"{"quorum": 0}"#, ["/approvers/quorum"]), (#"{"quorum": 11}"#, ["/approvers/quorum"]),
            (#"{"users": ["ann"], "quorum": 2}"#, ["/approvers/quorum"]),
            (#"{"not_requester": "yes"}"#, ["/approvers/not_requester"]), (#"{"role": "boss"}"#, ["/approvers/role"]),
            (#"{"all_of": [{}]}"#, ["/approvers/all_of/0/users"]),
            (#"{"all_of": [{"users": ["ann"], "quorum": 1}]}"#, ["/approvers/all_of/0/quorum"]),
        ])
    func `what does not fit is refused with its place`(text: String, pointers: [String]) {
        let (approvers, violations) = read(json(text))
        #expect(approvers == nil)
        #expect(violations.pointers == pointers)
    }

    @Test func `lists are bounded`() {
        let names = (0...PeopleLimits.approvers).map { JSONValue.string("u\($0)") }
        #expect(read(["users": .array(names)]).violations.pointers == ["/approvers/users"])
        #expect(read(["users": .array(names.dropLast())]).violations.isEmpty)
        let circles = (0...PeopleLimits.circles).map { JSONValue.object(["users": [.string("u\($0)")]]) }
        #expect(read(["all_of": .array(circles)]).violations.pointers == ["/approvers/all_of"])
    }

    @Test func `nothing, and null, restrict nobody in particular`() throws {
        #expect(read(.null).approvers == nil)
        #expect(read(.null).violations.isEmpty)
        let all = try approvers([:])
        #expect(all == Approvers())
        #expect(all.refusal(of: try People.person("ann", .n0, groups: []), requester: Self.nobody) == nil)
    }

    @Test(
        arguments: [
            (#"{"users": ["ann"]}"#, "ann", Accreditation.n0, [], nil),
            (#"{"users": ["ann"]}"#, "bob", .n4, [], ApproverRefusal.notNamed),
            (#"{"groups": ["g"]}"#, "bob", .n0, ["g"], nil), (#"{"groups": ["g"]}"#, "bob", .n0, ["h"], .notNamed),
            (#"{"users": ["ann"], "groups": ["g"]}"#, "ann", .n0, [], nil),
            (#"{"users": ["ann"], "groups": ["g"]}"#, "bob", .n0, ["g"], nil),
            (#"{"accreditation": "N2"}"#, "ann", .n1, [], .tooLowlyAccredited(needed: .n2)),
            (#"{"accreditation": "N2"}"#, "ann", .n2, [], nil), (#"{"accreditation": "N2"}"#, "ann", .n4, [], nil),
            (#"{"accreditation": "N2", "users": ["ann"]}"#, "ann", .n1, [], .tooLowlyAccredited(needed: .n2)),
            (#"{"accreditation": "N2", "users": ["ann"]}"#, "bob", .n1, [], .notNamed),
            (#"{"all_of": [{"users": ["ann"]}, {"groups": ["g"]}]}"#, "ann", .n0, [], .notNamed),
            (#"{"all_of": [{"users": ["ann"]}, {"groups": ["g"]}]}"#, "ann", .n0, ["g"], nil),
            (#"{"not_requester": true}"#, "ann", .n0, [], .isRequester),
            (#"{"not_requester": true}"#, "opener", .n0, [], .isRequester),
            (#"{"not_requester": true}"#, "bob", .n0, [], nil), (#"{"not_requester": false}"#, "ann", .n0, [], nil),
        ] as [(String, String, Accreditation, [String], ApproverRefusal?)])
    func `who may answer`(
        text: String, user: String, accreditation: Accreditation, groups: [String], refusal: ApproverRefusal?
    ) throws {
        let requester = Requester(onBehalfOf: "ann", openers: [Sample.agent, .user(try UserID("opener"))])
        let person = try People.person(user, accreditation, groups: groups)
        #expect(try approvers(json(text)).refusal(of: person, requester: requester) == refusal)
    }

    @Test func `a key that opened the request is not the people for whom it speaks`() throws {
        let requester = Requester(onBehalfOf: nil, openers: [.key("ann")])
        #expect(
            try approvers(["not_requester": true]).refusal(of: try People.person("ann"), requester: requester) == nil)
    }

    private static let texts = [
        "{}", #"{"accreditation": "N1"}"#, #"{"accreditation": "N3", "quorum": 3}"#, #"{"users": ["ann", "bob"]}"#,
        #"{"users": ["ann"], "groups": ["g"]}"#, #"{"groups": ["g", "h"], "quorum": 2}"#,
        #"{"groups": ["h"], "not_requester": true}"#, #"{"all_of": [{"users": ["ann"]}, {"groups": ["h"]}]}"#,
    ]

    @Test(arguments: texts, texts)
    func `merged, both are as strict as each of them, and no stricter`(one: String, other: String) throws {
        let (first, second) = (try approvers(json(one)), try approvers(json(other)))
        let merged = first.merged(with: second)
        let requester = Requester(onBehalfOf: "bob", openers: [])
        for user in ["ann", "bob", "eve"] {
            for accreditation in Accreditation.allCases {
                for groups in [[], ["g"], ["h"], ["g", "h"]] {
                    let person = try People.person(user, accreditation, groups: groups)
                    let isAdmitted = [first, second].allSatisfy { $0.refusal(of: person, requester: requester) == nil }
                    #expect((merged.refusal(of: person, requester: requester) == nil) == isAdmitted, "\(person)")
                }
            }
        }
        #expect(merged.quorum == max(first.quorum, second.quorum))
        #expect(merged.merged(with: first) == merged, "the same again changes nothing")
        var writer = JSONWriter()
        merged.write(into: &writer)
        #expect(try Approvers(recorded: try JSONParser.parse(writer.bytes)) == merged)
    }

    @Test func `what many rules come to together is read back however many lists it has`() throws {
        let all = try (0..<40).reduce(Approvers(quorum: 9)) { all, number in
            all.merged(with: try approvers(["users": [.string("u\(number)")]]))
        }
        #expect(all.circles.count == 40)
        var writer = JSONWriter()
        all.write(into: &writer)
        #expect(try Approvers(recorded: try JSONParser.parse(writer.bytes)) == all)
    }
}
