import SodiumClient
import Testing

@Suite("Sodium")
struct SodiumTests {
    init() throws {
        try Sodium.initialize()
    }

    @Test func `a digest keeps its 32 bytes and refuses other lengths`() {
        let bytes = [UInt8](0..<32)
        #expect(Digest256(bytes)?.bytes == bytes)
        #expect(Digest256(bytes.dropLast()) == nil)
        #expect(Digest256(bytes + [0]) == nil)
        #expect(Digest256(bytes) != Digest256())
    }

    @Test func `a code depends on the key and on every byte of the message`() throws {
        let key = try SecretKey.random()
        let other = try SecretKey.random()
        let code = key.authenticate([1, 2, 3])
        #expect(code == key.authenticate([1, 2, 3]))
        #expect(code != key.authenticate([1, 2, 4]))
        #expect(code != other.authenticate([1, 2, 3]))
        #expect(key.authenticate([]) != other.authenticate([]))
    }

    @Test(arguments: [0, 1, 1_000])
    func `a sealed blob opens with its key and associated data`(size: Int) throws {
        let key = try SecretKey.random()
        let plainText = Sodium.randomBytes(count: size)
        let sealed = key.seal(plainText, associatedData: [7, 7])
        #expect(sealed.count == size + SecretKey.sealOverhead)
        #expect(try key.open(sealed, associatedData: [7, 7]) == plainText)
        #expect(key.seal(plainText, associatedData: [7, 7]) != sealed)
    }

    @Test func `a changed byte, other data or another key opens nothing`() throws {
        let key = try SecretKey.random()
        let sealed = key.seal([1, 2, 3], associatedData: [4])
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: SodiumError.notAuthentic) { try key.open(changed, associatedData: [4]) }
        }
        #expect(throws: SodiumError.notAuthentic) { try key.open(sealed, associatedData: [5]) }
        #expect(throws: SodiumError.notAuthentic) { try key.open(sealed, associatedData: []) }
        #expect(throws: SodiumError.notAuthentic) { try SecretKey.random().open(sealed, associatedData: [4]) }
        #expect(throws: SodiumError.notAuthentic) { try key.open([1, 2, 3], associatedData: [4]) }
        #expect(throws: SodiumError.notAuthentic) { try key.open([], associatedData: [4]) }
    }

    @Test func `derived keys differ by purpose and context and repeat`() throws {
        let key = try SecretKey.random()
        let first = try key.derive(purpose: 1, context: "sealing").authenticate([1])
        #expect(try key.derive(purpose: 1, context: "sealing").authenticate([1]) == first)
        #expect(try key.derive(purpose: 2, context: "sealing").authenticate([1]) != first)
        #expect(try key.derive(purpose: 1, context: "codes").authenticate([1]) != first)
        #expect(key.authenticate([1]) != first)
    }

    @Test func `a key has 32 bytes`() throws {
        #expect(throws: SodiumError.wrongKeySize(31)) {
            try [UInt8](repeating: 1, count: 31).withUnsafeBytes { try SecretKey(copying: $0) }
        }
        let key = try [UInt8](repeating: 1, count: 32).withUnsafeBytes { try SecretKey(copying: $0) }
        #expect(key.withUnsafeBytes { [UInt8]($0) } == [UInt8](repeating: 1, count: 32))
    }

    @Test func `comparison tells equal from unequal and erasing leaves zeros`() {
        #expect(Sodium.isEqual([], []))
        #expect(Sodium.isEqual([1, 2], [1, 2]))
        #expect(!Sodium.isEqual([1, 2], [1, 3]))
        #expect(!Sodium.isEqual([1, 2], [1]))
        var bytes: [UInt8] = [1, 2, 3]
        Sodium.erase(&bytes)
        #expect(bytes == [0, 0, 0])
    }

    @Test func `random bytes and words do not repeat`() {
        #expect(Sodium.randomBytes(count: 16) != Sodium.randomBytes(count: 16))
        #expect(Sodium.randomBytes(count: 0).isEmpty)
        #expect(Sodium.randomWords() != Sodium.randomWords())
    }
}
