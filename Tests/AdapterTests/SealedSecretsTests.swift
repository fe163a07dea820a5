import Glibc
import HoldpointCore
import HoldpointPorts
import SealedSecrets
import Testing

@Suite("Sealed secrets")
struct SealedSecretsTests {
    @Test(arguments: ["", "s3cret", "tea \u{0} \u{1F375}"])
    func `I9: a box opens with its own context and hides its content`(text: String) throws {
        try withKeyFile { path in
            let box = try SodiumSecretBox(keyFile: path)
            let plain = Array(text.utf8)
            let sealed = box.seal(plain, context: "dev/default/session/request/FIELD")
            #expect(try box.open(sealed, context: "dev/default/session/request/FIELD") == plain)
            #expect(text.isEmpty || !contains(sealed, plain))
            #expect(box.seal(plain, context: "dev/default/session/request/FIELD") != sealed)
        }
    }

    @Test func `I9: a box of another context, or changed by one bit, does not open`() throws {
        try withKeyFile { path in
            let box = try SodiumSecretBox(keyFile: path)
            let sealed = box.seal([1, 2, 3], context: "tenant-a/x")
            #expect(throws: SecretBoxError.notAuthentic) { try box.open(sealed, context: "tenant-b/x") }
            #expect(throws: SecretBoxError.notAuthentic) { try box.open(sealed, context: "") }
            #expect(throws: SecretBoxError.notAuthentic) { try box.open([], context: "tenant-a/x") }
            let short = Array(sealed.prefix(20))
            #expect(throws: SecretBoxError.notAuthentic) { try box.open(short, context: "tenant-a/x") }
            for index in sealed.indices {
                var changed = sealed
                changed[index] ^= 0x80
                #expect(throws: SecretBoxError.self) { try box.open(changed, context: "tenant-a/x") }
            }
        }
    }

    @Test func `a box opens after a restart, and names the key if that is another`() throws {
        try withKeyFile { path in
            let sealed = try SodiumSecretBox(keyFile: path).seal([1, 2, 3], context: "x")
            #expect(try SodiumSecretBox(keyFile: path).open(sealed, context: "x") == [1, 2, 3])
            let other = try SodiumSecretBox(keyFile: path + "-other")
            let id = Hexadecimal.encode(sealed[1..<9])
            #expect(throws: SecretBoxError.unknownKey(id)) { try other.open(sealed, context: "x") }
        }
    }

    @Test func `a key that must be there is not made`() throws {
        try withKeyFile { path in
            #expect(throws: SealedSecretsError.self) { try SodiumSecretBox(existingKeyFile: path) }
            #expect(access(path, F_OK) != 0)
            let sealed = try SodiumSecretBox(keyFile: path).seal([1], context: "x")
            #expect(try SodiumSecretBox(existingKeyFile: path).open(sealed, context: "x") == [1])
        }
    }

    @Test func `I9: a fingerprint depends on the key, the context and every byte`() throws {
        try withKeyFile { path in
            let box = try SodiumSecretBox(keyFile: path)
            let other = try SodiumSecretBox(keyFile: path + "-other")
            let print = box.fingerprint([1, 2], context: "a")
            #expect(print == box.fingerprint([1, 2], context: "a"))
            #expect(print.count == 64)
            #expect(print != box.fingerprint([1, 3], context: "a"))
            #expect(print != box.fingerprint([1, 2], context: "b"))
            #expect(print != other.fingerprint([1, 2], context: "a"))
            #expect(box.fingerprint(Array("bc".utf8), context: "a") != box.fingerprint(Array("c".utf8), context: "ab"))
        }
    }

    @Test func `every node with the key file signs alike, and nobody else`() throws {
        try withKeyFile { path in
            #expect(throws: SealedSecretsError.self) { try SodiumSigner(existingKeyFile: path) }
            let box = try SodiumSecretBox(keyFile: path)
            _ = try SodiumSecretBox(keyFile: path + "-other")
            let verifier = try SodiumVerifier()
            let (first, second) = (try SodiumSigner(existingKeyFile: path), try SodiumSigner(existingKeyFile: path))
            let other = try SodiumSigner(existingKeyFile: path + "-other")
            #expect(first.publicKey == second.publicKey)
            #expect(first.publicKey != other.publicKey)
            for message in [[], [1, 2, 3]] as [[UInt8]] {
                let signature = first.sign(message)
                #expect(signature == second.sign(message))
                #expect(verifier.isValid(signature, of: message, by: second.publicKey))
                #expect(!verifier.isValid(signature, of: message + [0], by: first.publicKey))
                #expect(!verifier.isValid(signature, of: message, by: other.publicKey))
                #expect(!verifier.isValid(.blank, of: message, by: first.publicKey))
            }
            // What is sealed under the same file opens as before.
            #expect(try box.open(box.seal([1], context: "x"), context: "x") == [1])
        }
    }

    @Test func `a key file that others can read is refused with its path`() throws {
        try withKeyFile { path in
            _ = try SodiumSecretBox(keyFile: path)
            chmod(path, 0o644)
            let error = #expect(throws: SealedSecretsError.self) { try SodiumSecretBox(keyFile: path) }
            #expect(error?.description.contains(path) == true)
            #expect(error?.description.contains("chmod 600") == true)
        }
    }

    @Test func `digests are those of FIPS 180-4 and random numbers do not repeat`() throws {
        let digest = SHA256Hasher().sha256(Array("abc".utf8))
        #expect(digest.description == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let entropy = try SodiumEntropy()
        #expect(entropy.random128() != entropy.random128())
    }

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard part.count <= bytes.count else { return false }
        return (0...(bytes.count - part.count)).contains { bytes[$0..<($0 + part.count)].elementsEqual(part) }
    }

    private func withKeyFile(_ body: (String) throws -> Void) throws {
        var template = [CChar]("/tmp/holdpoint-sealed-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        let folder = String(cString: try #require(made))
        defer {
            for name in ["key", "key-other"] { unlink(folder + "/" + name) }
            rmdir(folder)
        }
        try body(folder + "/key")
    }
}
