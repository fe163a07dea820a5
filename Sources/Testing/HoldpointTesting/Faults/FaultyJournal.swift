package import HoldpointCore
package import HoldpointPorts

/// Brings calls to a store and results back; what it carries goes on when the caller dies.
package protocol Carrier: Sendable {
    /// Runs the work at the store's side.
    func carry<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value

    /// Runs the work at the store's side some time after its caller was told that it is in doubt.
    func carryLate(_ work: @escaping @Sendable () async -> Void) async
}

/// A store in the caller's own process: nothing lies between.
package struct DirectCarrier: Carrier {
    package init() {}

    package func carry<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value { await work() }

    package func carryLate(_ work: @escaping @Sendable () async -> Void) async { await work() }
}

/// A journal that fails as stores fail, and keeps the port's promises about it.
///
/// Fair faults: a call that did nothing and says so; a write whose caller is told that it is in doubt, done or not; a
/// commit or a stored command that arrives after that was said; a renewal whose reply is lost; any delay, which the
/// carrier adds. Unfair, and therefore not here: a success that is none, an outcome other than the one reported, a half
/// commit. docs/guarantees.md says which conformance case shows each of them of the real store.
package final class FaultyJournal: JournalDecorator {
    package let base: any Journal
    private let faults: FaultSource
    private let carrier: any Carrier
    private let isShared: Bool
    /// Shards gained in renewals of which the node has not heard.
    private let unheard = Guarded<[ShardGain]>([])

    /// - Parameter isShared: whether the store is shared by nodes, so that one may fail to take it up.
    package init(
        _ base: any Journal, faults: FaultSource, carrier: any Carrier = DirectCarrier(), isShared: Bool = false
    ) {
        self.base = base
        self.faults = faults
        self.carrier = carrier
        self.isShared = isShared
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

    /// Carries a write that may be reported in doubt although it was made.
    private func written<Value: Sendable>(
        _ call: @escaping @Sendable (any Journal) async throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        let value = try await around(call)
        if faults.strikes(.markInDoubtDone) { throw .inDoubt("a simulated fault") }
        return value
    }
}

extension FaultyJournal {
    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        if faults.strikes(.commitUnavailable) { throw .unavailable("a simulated fault") }
        if faults.strikes(.commitOverloaded) { throw .overloaded }
        if faults.strikes(.commitInDoubtUndone) { throw .inDoubt("a simulated fault") }
        if faults.strikes(.commitInDoubtLate) {
            await carrier.carryLate { [base] in _ = try? await base.commit(commit) }
            throw .inDoubt("a simulated fault")
        }
        let result = await carried { base throws(JournalError) in try await base.commit(commit) }
        if faults.strikes(.commitInDoubtDone) { throw .inDoubt("a simulated fault") }
        return try result.get()
    }

    package func store(_ command: StoredCommand) async throws(JournalError) {
        if faults.strikes(.callUnavailable) { throw .unavailable("a simulated fault") }
        if faults.strikes(.storeInDoubtUndone) { throw .inDoubt("a simulated fault") }
        if faults.strikes(.storeInDoubtLate) {
            await carrier.carryLate { [base] in _ = try? await base.store(command) }
            throw .inDoubt("a simulated fault")
        }
        let result = await carried { base throws(JournalError) in try await base.store(command) }
        if faults.strikes(.storeInDoubtDone) { throw .inDoubt("a simulated fault") }
        try result.get()
    }

    package func decide(_ decided: DecidedCommand, in scope: Scope) async throws(JournalError) -> Bool {
        try await written { base throws(JournalError) in try await base.decide(decided, in: scope) }
    }

    package func countAttempt(_ id: StoredCommandID, in scope: Scope) async throws(JournalError) -> Int64 {
        try await written { base throws(JournalError) in try await base.countAttempt(id, in: scope) }
    }

    package func setQuarantine(
        _ reason: String?, of key: SessionKey, in scope: Scope, fence: Fence
    ) async throws(JournalError) {
        try await written { base throws(JournalError) in
            try await base.setQuarantine(reason, of: key, in: scope, fence: fence)
        }
    }

    package func settle(_ settlement: DeliverySettlement) async throws(JournalError) -> Bool {
        try await written { base throws(JournalError) in try await base.settle(settlement) }
    }

    package func append(_ append: AuditAppend) async throws(JournalError) -> Bool {
        try await written { base throws(JournalError) in try await base.append(append) }
    }

    package func writeDown(_ group: RecoveryGroup) async throws(JournalError) {
        try await written { base throws(JournalError) in try await base.writeDown(group) }
    }

    package func strikeOff(_ group: Int64) async throws(JournalError) {
        try await written { base throws(JournalError) in try await base.strikeOff(group) }
    }
}

extension FaultyJournal {
    /// Arrives at once or not at all: one that is under way when its node dies must not come after the next life's.
    ///
    /// In a store of one process it does not fail either, since the node would not run at all.
    package func takeUp(node: NodeName) async throws(JournalError) -> Tenure {
        if isShared, faults.strikes(.callUnavailable) { throw .unavailable("a simulated fault") }
        unheard.withState { $0 = [] }
        return try await base.takeUp(node: node)
    }

    package func renew() async throws(JournalError) -> LeaseReport {
        let report = try await around { base throws(JournalError) in try await base.renew() }
        if faults.strikes(.renewalUnheard) {
            // The shards are this node's, and the next renewal of which it hears says so.
            unheard.withState { $0 += report.gained }
            throw .unavailable("a simulated fault")
        }
        let missed = unheard.withState { unheard in
            defer { unheard = [] }
            return unheard
        }
        return missed.isEmpty ? report : report.gaining(missed)
    }

    package func handOver(_ fences: [Fence]) async throws(JournalError) {
        try await written { base throws(JournalError) in try await base.handOver(fences) }
    }

    package func raiseGeneration(of fence: Fence) async throws(JournalError) -> Fence {
        if faults.strikes(.raiseUnavailable) { throw .unavailable("a simulated fault") }
        return try await written { base throws(JournalError) in try await base.raiseGeneration(of: fence) }
    }
}

extension LeaseReport {
    /// The same report with shards that an earlier one spoke of, too.
    fileprivate func gaining(_ earlier: [ShardGain]) -> LeaseReport {
        LeaseReport(
            gained: earlier + gained, excess: excess, milliseconds: milliseconds, time: time, formats: formats)
    }
}
