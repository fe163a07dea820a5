import SodiumClient
import Testing

@Suite("Sodium: signing")
struct SodiumSigningTests {
    /// Vectors of RFC 8032, section 7.1.
    struct Vector: Sendable {
        let seed: String
        let publicKey: String
        let message: String
        let signature: String
    }

    static let vectors = [
        Vector(
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", message: "",
            signature:
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                + "d25bf5f0595bbe24655141438e7a100b"),
        Vector(
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", message: "72",
            signature:
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                + "387b2eaeb4302aeeb00d291612bb0c00"),
        Vector(
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", message: "af82",
            signature:
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
                + "4a7c15e9716ed28dc027beceea1ec40a"),
    ]

    private func bytes(_ hexadecimal: String) -> [UInt8] {
        var rest = hexadecimal[...]
        var bytes: [UInt8] = []
        while !rest.isEmpty {
            bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    private func pair(_ seed: String) throws -> SigningKeyPair {
        try SigningKeyPair(seed: try bytes(seed).withUnsafeBytes { try SecretKey(copying: $0) })
    }

    @Test(arguments: vectors)
    func `keys and signatures are those of RFC 8032`(vector: Vector) throws {
        let pair = try pair(vector.seed)
        let message = bytes(vector.message)
        #expect(pair.publicKey == bytes(vector.publicKey))
        #expect(pair.sign(message) == bytes(vector.signature))
        #expect(SigningKeyPair.verify(bytes(vector.signature), of: message, by: pair.publicKey))
    }

    @Test func `a changed bit of signature, message or key does not verify`() throws {
        let vector = Self.vectors[2]
        let pair = try pair(vector.seed)
        let (message, signature) = (bytes(vector.message), bytes(vector.signature))
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            #expect(!SigningKeyPair.verify(changed, of: message, by: pair.publicKey), "byte \(index)")
        }
        for index in pair.publicKey.indices {
            var key = pair.publicKey
            key[index] ^= 1
            #expect(!SigningKeyPair.verify(signature, of: message, by: key), "byte \(index)")
        }
        #expect(!SigningKeyPair.verify(signature, of: message + [0], by: pair.publicKey))
        #expect(!SigningKeyPair.verify(signature, of: [], by: pair.publicKey))
    }

    @Test func `halves of a wrong size verify nothing`() throws {
        let pair = try pair(Self.vectors[0].seed)
        let signature = pair.sign([1])
        #expect(!SigningKeyPair.verify([], of: [1], by: pair.publicKey))
        #expect(!SigningKeyPair.verify(signature.dropLast(), of: [1], by: pair.publicKey))
        #expect(!SigningKeyPair.verify(signature + [0], of: [1], by: pair.publicKey))
        #expect(!SigningKeyPair.verify(signature, of: [1], by: []))
        #expect(!SigningKeyPair.verify(signature, of: [1], by: pair.publicKey.dropLast()))
    }
}
