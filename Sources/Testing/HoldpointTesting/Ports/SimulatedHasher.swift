package import HoldpointCore

/// A stand-in for SHA-256: deterministic, 256 bits wide, cheap, and of no cryptographic worth.
///
/// Four lanes take in eight bytes at a time by multiplying and folding; what tests and simulations need is only that
/// different bytes give different digests.
package struct SimulatedHasher: HoldpointCore.Hasher {
    private static let multipliers: [UInt64] = [
        0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3,
    ]

    package init() {}

    package func sha256(_ bytes: [UInt8]) -> Digest {
        var lanes = Self.multipliers
        var word: UInt64 = 0
        var filled = 0
        for byte in bytes {
            word = word << 8 | UInt64(byte)
            filled += 1
            if filled == 8 {
                Self.take(word, into: &lanes)
                word = 0
                filled = 0
            }
        }
        Self.take(word, into: &lanes)
        Self.take(UInt64(bytes.count), into: &lanes)
        return Digest(
            first: Identifier128(high: lanes[0], low: lanes[1]), second: Identifier128(high: lanes[2], low: lanes[3]))
    }

    private static func take(_ word: UInt64, into lanes: inout [UInt64]) {
        for index in lanes.indices {
            let product = (lanes[index] ^ word).multipliedFullWidth(by: multipliers[index] | 1)
            // The added constant keeps a lane from being stuck at zero.
            lanes[index] = (product.high ^ product.low) &+ multipliers[3 - index]
        }
    }
}
