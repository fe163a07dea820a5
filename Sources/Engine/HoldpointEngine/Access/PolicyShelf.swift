import HoldpointCore
import HoldpointPorts
import JSON

/// The policies of projects as this node knows them, compiled.
///
/// What is here may be old: a commit names the version that its calls were judged by, and a store that has another one
/// refuses it. Then the version is forgotten here, and the calls are judged anew. So a policy holds on every node from
/// the moment it is put, and none of them need be told.
actor PolicyShelf {
    private let directory: any Directory
    private let capacity: Int
    private var known: [Scope: PolicyKnowledge.Standing] = [:]
    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(ports: EnginePorts, configuration: EngineConfiguration) {
        directory = ports.directory
        executor = ports.executors.executor()
        capacity = configuration.cacheEntries
    }

    /// What is known without asking the store.
    func standing(in scope: Scope) -> PolicyKnowledge.Standing {
        known[scope] ?? .unknown
    }

    /// Reads the policy in force from the store.
    ///
    /// - Throws: `corrupt` where it cannot be read by this release; no call of the project is judged then (it fails
    ///   closed).
    func load(_ scope: Scope) async throws(JournalError) -> PolicyKnowledge.Standing {
        let standing: PolicyKnowledge.Standing
        if let record = try await directory.policy(in: scope) {
            do {
                standing = .inForce(
                    PolicyInForce(version: record.version, policy: try Policy(reading: record.document)))
            } catch {
                throw .corrupt("the policy in force has a form that this release does not read")
            }
        } else {
            standing = .none
        }
        if known.count >= capacity { known = [:] }
        known[scope] = standing
        return standing
    }

    /// Forgets what is known, since the store has another version.
    func forget(_ scope: Scope) {
        known[scope] = nil
    }
}

/// What the decisions of one commit know of the project's policy.
struct PolicyBook: Sendable {
    /// Whether the project has one.
    var standing: PolicyKnowledge.Standing
    /// What counters had when they were read for these decisions.
    private(set) var readings: [CounterQuery: CounterReading] = [:]

    init(_ standing: PolicyKnowledge.Standing) {
        self.standing = standing
    }

    mutating func note(_ found: [CounterReading], for queries: [CounterQuery]) {
        for (query, reading) in zip(queries, found) { readings[query] = reading }
    }

    /// The revision of each counter; the lowest, if it changed between two readings.
    var revisions: [CounterKey: Int64] {
        Dictionary(readings.map { ($0.key.key, $0.value.revision) }, uniquingKeysWith: min)
    }
}
