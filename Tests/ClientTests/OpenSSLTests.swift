import OpenSSLClient
import Testing

@Suite("OpenSSL")
struct OpenSSLTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `SHA-256 gives the digests of FIPS 180-4`(message: String, expected: String) {
        let digest = SHA256.digest([UInt8](message.utf8))
        #expect(digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == expected)
    }

    @Test func `a place that is too small for a digest is left alone`() {
        var place = [UInt8](repeating: 7, count: 31)
        place.withUnsafeMutableBytes { place in
            [UInt8]("abc".utf8).withUnsafeBytes { SHA256.digest($0, into: place) }
        }
        #expect(place == [UInt8](repeating: 7, count: 31))
    }
}
