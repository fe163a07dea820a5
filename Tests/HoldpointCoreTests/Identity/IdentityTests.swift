import HoldpointCore
import JSON
import Testing

@Suite struct IdentityTests {
    @Test(arguments: ["a", "acme-1", "0", String(repeating: "x", count: 63)])
    func `labels name tenants and projects`(text: String) throws {
        #expect(try TenantName(text).text == text)
        #expect(try ProjectName(text).text == text)
    }

    @Test(arguments: ["", "A", "a_b", "a.b", "a/b", "é", "a b", "a\n", String(repeating: "x", count: 64)])
    func `anything else names none`(text: String) {
        #expect(throws: InvalidName(kind: "tenant", form: "[a-z0-9-]{1,63}")) { try TenantName(text) }
        #expect(throws: InvalidName(kind: "project", form: "[a-z0-9-]{1,63}")) { try ProjectName(text) }
    }

    @Test func `tokens name sessions and agents, each up to its length`() throws {
        #expect(try SessionID("Order_7.b-2").text == "Order_7.b-2")
        #expect(try SessionID(String(repeating: "x", count: 128)).text.count == 128)
        #expect(throws: InvalidName.self) { try SessionID(String(repeating: "x", count: 129)) }
        #expect(try AgentName(String(repeating: "x", count: 63)).text.count == 63)
        for text in ["", "a/b", "a b", "é", "a%", String(repeating: "x", count: 64)] {
            #expect(throws: InvalidName.self) { try AgentName(text) }
        }
    }

    @Test(arguments: ["a", "_", "BILLING_TOKEN", "x9", "_0", "A" + String(repeating: "9", count: 62)])
    func `words name secrets`(text: String) throws { #expect(try SecretName(text).text == text) }

    @Test(arguments: ["", "9a", "a-b", "a.b", "a b", "a/b", "é", "a\n", "a\u{0}", String(repeating: "x", count: 64)])
    func `anything else names no secret`(text: String) {
        #expect(throws: InvalidName(kind: "secret", form: "[A-Za-z_][A-Za-z0-9_]{0,62}")) { try SecretName(text) }
    }

    @Test func `request and command ids read back from their text and from no other`() {
        let bits = Identifier128(high: 0x0123_4567_89ab_cdef, low: 1)
        let request = RequestID(time: Timestamp(milliseconds: 0x0a_bcde), random: bits)
        #expect(request.description == "req_0000000abcde0123456789abcdef0000000000000001")
        #expect(RequestID(request.description) == request)
        #expect(StoredCommandID(StoredCommandID(bits).description) == StoredCommandID(bits))
        for text in [
            "", "req_", "0123456789abcdef0000000000000001", "cmd_0123456789abcdef0000000000000001",
            "req_0123456789abcdef0000000000000001", "req_0000000ABCDE0123456789abcdef0000000000000001",
            "req_0000000abcde0123456789abcdef00000000000000010", "req_0000000abcde0123456789abcdef000000000000000g",
            "req_0000000abcdg0123456789abcdef0000000000000001", "req_éé00000abcd0123456789abcdef0000000000000001",
        ] {
            #expect(RequestID(text) == nil)
        }
        #expect(StoredCommandID("req_0123456789abcdef0000000000000001") == nil)
    }

    @Test func `a time-ordered id is a UUID of version 7 and sorts by its time`() {
        let random = Identifier128(high: .max, low: .max)
        let early = Identifier128(time: Timestamp(milliseconds: 0x0123_4567_89ab), random: random)
        #expect(early.hexadecimal == "0123456789ab7fffbfffffffffffffff")
        let late = Identifier128(
            time: Timestamp(milliseconds: 0x0123_4567_89ac), random: Identifier128(high: 0, low: 0))
        #expect(early < late)
        #expect(late.hexadecimal == "0123456789ac70008000000000000000")
    }

    @Test func `a session's shard is the last byte of its key`() {
        let key = SessionKey(time: Sample.start, random: Identifier128(high: 0, low: 0xfe))
        #expect(key.shard == Shard(0xfe))
        #expect(Shard.all.count == 256)
        #expect(Set(Shard.all).count == 256)
    }

    @Test func `digests are 32 bytes and read back from 64 digits`() {
        let digest = Sample.hasher.sha256([1, 2, 3])
        #expect(Digest(bytes: digest.bytes) == digest)
        #expect(Digest(hexadecimal: digest.description) == digest)
        #expect(Digest(bytes: digest.bytes.dropLast()) == nil)
        #expect(Digest(hexadecimal: digest.description.uppercased()) == nil)
        #expect(Digest.zero.bytes == Array(repeating: 0, count: 32))
    }

    @Test func `a handle reads back from its form in data and from no other`() {
        let handle = SecretHandle(request: Sample.request(1), field: "A/B")
        #expect(SecretHandle(handle.json) == handle)
        #expect(SecretHandle(["secret": "req_1/A"]) == nil)
        #expect(SecretHandle(["secret": "no slash"]) == nil)
        #expect(SecretHandle("text") == nil)
        #expect(SecretHandle(Sample.merge(handle.json, ["more": 1])) == nil)
    }
}
