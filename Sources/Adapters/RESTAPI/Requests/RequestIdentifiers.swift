import HoldpointCore
import Synchronization

/// Makes the ids under which requests are found again in logs: a random start of the process, and a count.
struct RequestIdentifiers: ~Copyable, Sendable {
    /// The one of this process.
    static let shared = RequestIdentifiers()

    private let prefix = Hexadecimal.encode((0..<6).map { _ in UInt8.random(in: 0...255) })
    private let count = Atomic<UInt64>(0)

    /// The next id.
    func next() -> String {
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        return "\(prefix)-\(number)"
    }
}
