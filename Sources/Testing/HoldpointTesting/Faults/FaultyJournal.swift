import HoldpointCore
package import HoldpointPorts

/// Brings calls to a store and results back; what it carries goes on when the caller dies.
package protocol Carrier: Sendable {
    /// Runs the work at the store's side.
    func carry<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value
}

/// A store in the caller's own process: nothing lies between.
package struct DirectCarrier: Carrier {
    package init() {}

    package func carry<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value { await work() }
}

/// A journal that fails as stores fail, and keeps the port's promises about it.
///
/// Fair faults: a call that did nothing and says so; a commit or a stored command whose caller is told that it is in
/// doubt, done or not; any delay, which the carrier adds. Unfair, and therefore not here: a success that is none, an
/// outcome other than the one reported, a half commit.
package final class FaultyJournal: JournalDecorator {
    package let base: any Journal
    private let faults: FaultSource
    private let carrier: any Carrier

    package init(_ base: any Journal, faults: FaultSource, carrier: any Carrier = DirectCarrier()) {
        self.base = base
        self.faults = faults
        self.carrier = carrier
    }

    package func around<Value: Sendable>(
        _ call: @escaping @Sendable (any Journal) async throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        if faults.strikes(.callUnavailable) { throw .unavailable("a simulated fault") }
        return try await carried(call).get()
    }

    private func carried<Value: Sendable>(
        _ call: @escaping @Sendable (any Journal) async throws(JournalError) -> Value
    ) async -> Result<Value, JournalError> {
        let base = base
        return await carrier.carry {
            do throws(JournalError) {
                return .success(try await call(base))
            } catch {
                return .failure(error)
            }
        }
    }

    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        if faults.strikes(.commitUnavailable) { throw .unavailable("a simulated fault") }
        if faults.strikes(.commitOverloaded) { throw .overloaded }
        if faults.strikes(.commitInDoubtUndone) { throw .inDoubt("a simulated fault") }
        let result = await carried { base throws(JournalError) in try await base.commit(commit) }
        if faults.strikes(.commitInDoubtDone) { throw .inDoubt("a simulated fault") }
        return try result.get()
    }

    package func store(_ command: StoredCommand) async throws(JournalError) {
        if faults.strikes(.callUnavailable) { throw .unavailable("a simulated fault") }
        if faults.strikes(.storeInDoubtUndone) { throw .inDoubt("a simulated fault") }
        let result = await carried { base throws(JournalError) in try await base.store(command) }
        if faults.strikes(.storeInDoubtDone) { throw .inDoubt("a simulated fault") }
        try result.get()
    }

    /// Takes no part in the faults: a node that could not take up its shards would not run at all, and the lock on the
    /// store keeps a dead node's take-up from coming after the next one's.
    package func takeUp(node: NodeName) async throws(JournalError) -> Tenure {
        try await base.takeUp(node: node)
    }
}
