import EventLoop
import RedisClient
import Synchronization

/// What Redis refuses now, by the name of the command; what it takes again is forgotten.
final class Troubles: Sendable {
    private let codes = Locked<[String: String]>([:])
    private let count = Atomic<Int>(0)
    /// How many messages did not reach Redis.
    private let drops = Atomic<Int>(0)

    func succeeded(_ name: String) {
        // Nothing is wrong nearly always: then no lock is taken.
        guard count.load(ordering: .relaxed) > 0 else { return }
        let left = codes.withLock { codes -> Int in
            codes[name] = nil
            return codes.count
        }
        count.store(left, ordering: .relaxed)
    }

    func failed(_ name: String, _ error: RedisError) {
        guard case .refused(let refusal) = error else { return }
        let known = codes.withLock { codes -> Int in
            codes[name] = refusal.code
            return codes.count
        }
        count.store(known, ordering: .relaxed)
    }

    func drop() { drops.add(1, ordering: .relaxed) }

    var dropped: Int { drops.load(ordering: .relaxed) }

    /// Names the commands and codes; nil if nothing is refused.
    var text: String? {
        let refused = codes.withLock { $0 }.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }
        return refused.isEmpty ? nil : "Redis refuses " + refused.joined(separator: ", ")
    }
}
