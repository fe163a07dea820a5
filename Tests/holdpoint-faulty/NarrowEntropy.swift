import HoldpointCore
import HoldpointPorts

/// Randomness whose last two bytes are always 0: by them a node chooses the shard of a session that starts.
struct NarrowEntropy: Entropy {
    let base: any Entropy

    func random128() -> Identifier128 {
        let random = base.random128()
        return Identifier128(high: random.high, low: random.low & ~0xffff)
    }
}
