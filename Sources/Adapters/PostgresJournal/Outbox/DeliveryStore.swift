import HoldpointCore
import HoldpointPorts
import PostgresClient

/// A settlement on its way into a batch.
struct DeliveryWrite: BatchedWrite {
    let settlement: DeliverySettlement
    let project: ProjectNumbers

    var byteCount: Int { 256 + (settlement.state.lastError?.utf8.count ?? 0) }
    var claims: [WriteClaim] { [.delivery(settlement.id.session.value, settlement.id.sequence)] }
    func fits(with first: Self) -> Bool { settlement.fence.generation == first.settlement.fence.generation }
}

/// Writes batches of settlements on one connection: each of them is made or refused for its own reason.
struct DeliveryStore: BatchStore {
    /// Whether the delivery was pending, or why nothing was written.
    typealias Verdict = Result<Bool, JournalError>

    let pool: PostgresPool
    /// The number of the connection, and of its rows among the fences.
    let slot: Int
    let fences: HeldFences
    let limits: WriteLimits

    func settle(_ writes: [DeliveryWrite]) async -> [Verdict] {
        // A batch has one generation, but may hold settlements of epochs that have ended since they were queued.
        let lives = writes.map { fences.life(under: $0.settlement.fence) }
        guard let life = lives.compactMap(\.self).last else { return writes.map { _ in .failure(.fenced) } }
        let held = zip(writes, lives).filter { $0.1 == life }.map(\.0)
        var settled = await write(held, in: life)
        settled.reverse()
        return lives.map { $0 == life ? settled.popLast() ?? .failure(.fenced) : .failure(.fenced) }
    }

    /// Sends them together, and by halves where one of them is to blame for a refusal.
    private func write(_ writes: [DeliveryWrite], in life: NodeLife) async -> [Verdict] {
        let error: PostgresError
        do throws(PostgresError) {
            let made = try await send(writes, in: life)
            return writes.map { .success(made.contains($0.settlement.id)) }
        } catch let caught {
            error = caught
        }
        if error.isFenced(byFirst: 1) { return writes.map { _ in .failure(.fenced) } }
        let isDisowned = error.isFenced(byFirst: FenceCheck.statements)
        guard writes.count > 1, isDisowned || error.isBlameOfOneWrite else {
            return writes.map { _ in .failure(isDisowned ? .fenced : JournalError(error)) }
        }
        let half = writes.count / 2
        let first = await write(Array(writes[..<half]), in: life)
        return first + (await write(Array(writes[half...]), in: life))
    }

    /// Writes them in one transaction; returns those that were pending.
    private func send(_ writes: [DeliveryWrite], in life: NodeLife) async throws(PostgresError) -> Set<DeliveryID> {
        var rows = SettledDeliveries()
        for write in writes { rows.append(write.settlement, of: write.project) }
        var segment = PostgresSegment()
        FenceCheck.add(writes.lazy.map(\.settlement.fence), in: life, slot: slot, to: &segment)
        Tenants.name(writes.lazy.map(\.project.tenant), in: &segment)
        segment.add(rows)
        var attempt = 1
        while true {
            do throws(PostgresError) {
                var made: Set<DeliveryID> = []
                for row in try await pool.run(segment, on: slot).last?.rows ?? [] {
                    made.insert(DeliveryID(session: try row.sessionKey(0), sequence: try row.integer(1)))
                }
                return made
            } catch {
                guard error.isWorthAnotherAttempt, attempt < limits.attempts else { throw error }
                attempt += 1
            }
        }
    }
}
