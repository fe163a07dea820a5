import HoldpointCore
import Testing

struct AddressRulesTests {
    @Test(arguments: [
        ("127.0.0.1", AddressKind.loopback), ("127.255.255.254", .loopback), ("::1", .loopback),
        ("10.0.0.1", .privateNetwork), ("172.16.0.1", .privateNetwork), ("172.31.255.255", .privateNetwork),
        ("192.168.1.1", .privateNetwork), ("fc00::1", .privateNetwork), ("fdff::1", .privateNetwork),
        ("fec0::1", .privateNetwork), ("169.254.169.254", .linkLocal), ("fe80::1", .linkLocal),
        ("febf::1", .linkLocal), ("100.64.0.1", .shared), ("100.127.255.255", .shared), ("0.0.0.0", .unspecified),
        ("0.1.2.3", .unspecified), ("::", .unspecified), ("224.0.0.1", .multicast), ("239.1.2.3", .multicast),
        ("ff02::1", .multicast), ("192.0.2.9", .documentation), ("198.51.100.9", .documentation),
        ("203.0.113.9", .documentation), ("2001:db8::9", .documentation), ("3fff::9", .documentation),
        ("198.18.0.1", .benchmarking), ("198.19.255.255", .benchmarking), ("2001:2::1", .benchmarking),
        ("::ffff:127.0.0.1", .translated), ("::ffff:8.8.8.8", .translated), ("::7f00:1", .translated),
        ("64:ff9b::10.0.0.1", .translated), ("64:ff9b:1::1", .translated), ("2002:7f00:1::", .translated),
        ("2001::1", .translated), ("192.0.0.8", .reserved), ("192.88.99.1", .reserved), ("240.0.0.1", .reserved),
        ("255.255.255.255", .reserved), ("2001:10::1", .reserved), ("100::1", .reserved), ("4000::1", .reserved),
        ("1fff::1", .reserved),
    ])
    func `an address that is not for everybody is refused`(text: String, kind: AddressKind) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressRules().refusal(of: address, host: "example.org") == kind)
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
        "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00::1", "2001:4860::8",
        "2003::1", "3ffe::1",
    ])
    func `an address that is for everybody may be called`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressRules().refusal(of: address, host: "example.org") == nil)
    }

    @Test func `an operator allows blocks and addresses, and nothing beside them`() throws {
        let rules = try AddressRules(allowing: ["10.1.0.0/16", "127.0.0.1", "::1", "fd12::/16"])
        for text in ["10.1.0.0", "10.1.255.255", "127.0.0.1", "::1", "fd12::9", "1.1.1.1"] {
            #expect(rules.refusal(of: try #require(IPAddress(text)), host: "h") == nil, "\(text)")
        }
        for text in ["10.0.255.255", "10.2.0.0", "127.0.0.2", "fd13::9", "::ffff:10.1.0.1", "::2"] {
            #expect(rules.refusal(of: try #require(IPAddress(text)), host: "h") != nil, "\(text)")
        }
    }

    @Test func `an allowed host may be anywhere, another name for the same address may not`() throws {
        let rules = try AddressRules(allowing: ["Payments.internal"])
        let address = try #require(IPAddress("10.0.0.7"))
        #expect(rules.refusal(of: address, host: "payments.internal") == nil)
        #expect(rules.refusal(of: address, host: "evil.payments.internal") == .privateNetwork)
        #expect(rules.refusal(of: address, host: "10.0.0.7") == .privateNetwork)
    }

    @Test(arguments: [
        ("64:ff9b::/96", "64:ff9b::8.8.8.8", nil), ("64:ff9b::/96", "64:ff9b::10.0.0.1", AddressKind.privateNetwork),
        ("::ffff:0:0/96", "::ffff:127.0.0.1", .loopback), ("::ffff:0:0/96", "::ffff:1.1.1.1", nil),
        ("2002::/16", "2002:c0a8:101::1", .privateNetwork), ("2002::/16", "2002:808:808::1", nil),
        ("2001::/32", "2001:0:808:808::80ff:fffe", .loopback),
        ("2001::/32", "2001:0:a00:1::f7f7:f7f7", .privateNetwork),
        ("2001::/32", "2001:0:808:808::f7f7:f7f7", nil), ("::/96", "::192.168.0.1", .privateNetwork),
    ])
    func `to allow a translated block does not allow what it stands for`(
        block: String, address: String, kind: AddressKind?
    ) throws {
        let rules = try AddressRules(allowing: [block])
        #expect(rules.refusal(of: try #require(IPAddress(address)), host: "h") == kind)
    }

    @Test(arguments: ["", "10.1.2.3/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "1.2.3", "a b", "http://h", "h/8"])
    func `an entry that says nothing is refused`(entry: String) {
        #expect(throws: InvalidAddressRule.self) { try AddressRules(allowing: [entry]) }
    }

    @Test func `a list of more entries than the limit is refused`() throws {
        let entry = "10.0.0.0/8"
        _ = try AddressRules(allowing: Array(repeating: entry, count: AddressRules.maximumEntries))
        #expect(throws: InvalidAddressRule.self) {
            try AddressRules(allowing: Array(repeating: entry, count: AddressRules.maximumEntries + 1))
        }
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "+1.2.3.4", "0x7f.0.0.1", ":", ":::", "1::2::3",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "g::", "fe80::1%eth0", "::1.2.3",
        "1.2.3.4::", "::ffff:1.2.3.4:5",
    ])
    func `what is no address is not read as one`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `bytes and text mean the same address`() throws {
        #expect(IPAddress(bytes: [127, 0, 0, 1]) == IPAddress("127.0.0.1"))
        #expect(IPAddress("127.0.0.1")?.description == "127.0.0.1")
        let bytes: [UInt8] = [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        #expect(IPAddress(bytes: bytes) == IPAddress("2001:db8::1"))
        #expect(IPAddress(bytes: bytes)?.description == "2001:db8:0:0:0:0:0:1")
        #expect(IPAddress("::1.2.3.4") == IPAddress("0:0:0:0:0:0:102:304"))
        #expect(IPAddress(bytes: [1, 2, 3]) == nil)
    }
}
