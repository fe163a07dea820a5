import HoldpointCore
import JSON
import Testing

@Suite struct UserTests {
    private func read(_ value: JSONValue) throws -> (user: User?, violations: [JSONViolation]) {
        var reader = JSONObjectReader(value)
        let user = User(try UserID("ann"), from: &reader)
        return (user, reader.finish())
    }

    @Test(arguments: ["a", "ann@example.org", "A.b_c-9", String(repeating: "x", count: 128)])
    func `an id of letters, digits and four signs`(text: String) throws {
        #expect(try UserID(text).text == text)
    }

    @Test(arguments: ["", "a b", "é", "a/b", "a:b", "a+b", String(repeating: "x", count: 129)])
    func `any other id is refused`(text: String) {
        #expect(throws: InvalidName(kind: "user", form: UserID.form)) { try UserID(text) }
    }

    @Test func `what is not said of a user is nothing much`() throws {
        let user = try #require(try read([:]).user)
        #expect(user == User(id: try UserID("ann")))
        #expect(user.accreditation == .n0)
        #expect(user.isActive)
        #expect(user.person == Person(user: user.id))
    }

    @Test(
        arguments: [
            (#"{"name": ""}"#, ["/name"]), (#"{"accreditation": "n2"}"#, ["/accreditation"]),
            (#"{"groups": ["a b"]}"#, ["/groups/0"]), (#"{"groups": ["a", "a"]}"#, ["/groups/1"]),
            (#"{"addresses": {"e mail": "x"}}"#, ["/addresses/e mail"]),
            (#"{"addresses": {"mail": ""}}"#, ["/addresses/mail"]),
            (#"{"addresses": {"mail": 1}}"#, ["/addresses/mail"]),
            (#"{"active": "no"}"#, ["/active"]), (#"{"id": "bob"}"#, ["/id"]),
        ])
    func `what does not fit is refused with its place`(text: String, pointers: [String]) throws {
        #expect(try read(json(text)).violations.pointers == pointers)
    }

    @Test func `groups, addresses and names are bounded`() throws {
        let groups = (0...PeopleLimits.groups).map { JSONValue.string("g\($0)") }
        #expect(try read(["groups": .array(groups)]).violations.pointers == ["/groups"])
        #expect(try read(["groups": .array(groups.dropLast())]).violations.isEmpty)
        let addresses = (0...PeopleLimits.addresses).map { ("c\($0)", JSONValue.string("x")) }
        #expect(try read(["addresses": .object(JSONObject(addresses))]).violations.pointers == ["/addresses"])
        let long = JSONValue.string(String(repeating: "x", count: PeopleLimits.addressLength + 1))
        #expect(try read(["addresses": ["mail": long]]).violations.pointers == ["/addresses/mail"])
        #expect(try read(["name": long]).violations.pointers == ["/name"])
    }

    @Test func `a user reads back as they were written`() throws {
        let user = try #require(
            try read(
                json(#"{"name":"Ann","accreditation":"N4","groups":["b","a"],"addresses":{"x":"y"},"active":false}"#)
            ).user)
        var writer = JSONWriter()
        writer.beginObject()
        user.writeMembers(into: &writer)
        writer.endObject()
        #expect(try User(recorded: try JSONParser.parse(writer.bytes)) == user)
        for text in ["{}", "[]", #"{"id": "a b"}"#, #"{"id": "ann", "surprise": 1}"#] {
            #expect(throws: MalformedRecord.self) { try User(recorded: json(text)) }
        }
    }
}
