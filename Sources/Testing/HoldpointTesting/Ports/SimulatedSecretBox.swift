import HoldpointCore
package import HoldpointPorts

/// A stand-in for sealing: it binds the context and hides the bytes from a search, and protects nothing.
///
/// Each box has a number of its own, so that sealing the same bytes twice gives two different boxes, and the bytes
/// are covered by a stream that the hasher makes of that number: a test that finds the plain text anywhere has
/// found a leak.
package struct SimulatedSecretBox: SecretBox {
    private static let macLength = 32
    private static let headLength = 16 + macLength

    private let entropy: SeededEntropy
    private let hasher = SimulatedHasher()

    package init(seed: UInt64) {
        entropy = SeededEntropy(seed: seed)
    }

    package func seal(_ plain: [UInt8], context: String) -> [UInt8] {
        let number = entropy.random128().bytes
        let covered = cover(plain, number: number)
        return number + mac(number: number, covered: covered, context: context) + covered
    }

    package func open(_ box: [UInt8], context: String) throws(SecretBoxError) -> [UInt8] {
        guard box.count >= Self.headLength else { throw .notAuthentic }
        let number = Array(box.prefix(16))
        let covered = Array(box.dropFirst(Self.headLength))
        guard box[16..<Self.headLength].elementsEqual(mac(number: number, covered: covered, context: context)) else {
            throw .notAuthentic
        }
        return cover(covered, number: number)
    }

    package func fingerprint(_ bytes: [UInt8], context: String) -> String {
        hasher.sha256(Array("fingerprint\u{0}\(context)\u{0}".utf8) + bytes).description
    }

    private func mac(number: [UInt8], covered: [UInt8], context: String) -> [UInt8] {
        hasher.sha256(Array("mac\u{0}\(context)\u{0}".utf8) + number + covered).bytes
    }

    private func cover(_ bytes: [UInt8], number: [UInt8]) -> [UInt8] {
        var result = bytes
        var stream: [UInt8] = []
        for index in result.indices {
            if index.isMultiple(of: 32) { stream = hasher.sha256(number + Array(String(index / 32).utf8)).bytes }
            result[index] ^= stream[index % 32]
        }
        return result
    }
}
