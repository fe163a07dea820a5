package import HoldpointCore
import HoldpointPorts
import Synchronization

/// Chance that depends on a seed and on nothing else.
///
/// The generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): each
/// number is a mix of a counter, so that one atomic addition makes it safe to share.
package final class SeededEntropy: Entropy {
    private let counter: Atomic<UInt64>

    package init(seed: UInt64) {
        // Neighbouring seeds must not give neighbouring sequences.
        counter = Atomic(Self.mix(seed &+ 0x5851_f42d_4c95_7f2d))
    }

    /// The next 64 bits.
    package func next() -> UInt64 {
        Self.mix(counter.wrappingAdd(0x9e37_79b9_7f4a_7c15, ordering: .relaxed).newValue)
    }

    /// A number from 0 to `bound` - 1; 0 for a bound below 2.
    package func below(_ bound: Int) -> Int {
        bound < 2 ? 0 : Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Whether something happens that happens so often in a thousand times.
    package func happens(perMille: Int) -> Bool { below(1_000) < perMille }

    package func random128() -> Identifier128 { Identifier128(high: next(), low: next()) }

    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
