import HoldpointCore
import HoldpointPorts
import PostgresClient

/// Writes batches of commits on one connection: each of them is made or refused for its own reason.
struct CommitStore: BatchStore {
    typealias Verdict = Result<CommitReceipt, JournalError>

    let pool: PostgresPool
    /// The number of the connection, and of its rows among the fences.
    let slot: Int
    let fences: HeldFences
    let limits: WriteLimits

    /// What became of a segment.
    private enum Sent {
        case stored([CommitReceipt])
        /// One of the commits is to blame; nothing is stored.
        case poisoned(PostgresError)
        /// The shard of one of the commits is another's; nothing is stored.
        case disowned
        /// The same holds for all of them.
        case failed(JournalError)
    }

    func settle(_ writes: [CommitWrite]) async -> [Verdict] {
        // A batch has one generation, but may hold commits of epochs that have ended since they were queued.
        let lives = writes.map { fences.life(under: $0.commit.fence) }
        guard let life = lives.compactMap(\.self).last else { return writes.map { _ in .failure(.fenced) } }
        return await settle(writes, except: lives.map { $0 == life ? nil : .fenced }, in: life)
    }

    /// Settles those of the commits that have no refusal yet.
    private func settle(
        _ writes: [CommitWrite], except refusals: [JournalError?], in life: NodeLife
    ) async -> [Verdict] {
        let left = zip(writes, refusals).filter { $0.1 == nil }.map(\.0)
        var settled = left.isEmpty ? [] : await write(left, in: life)
        settled.reverse()
        return refusals.map { refusal in
            if let refusal { .failure(refusal) } else { settled.popLast() ?? .failure(.fenced) }
        }
    }

    /// Sends the commits together, and those that are not to blame for a refusal again without the others.
    ///
    /// Each round has fewer commits, so that a batch of n takes fewer than 2n of them.
    private func write(_ writes: [CommitWrite], in life: NodeLife) async -> [Verdict] {
        let refusals: [JournalError?]
        do throws(JournalError) {
            switch await send(writes, in: life) {
            case .stored(let receipts): return receipts.map { .success($0) }
            case .failed(let error): throw error
            case .disowned: refusals = try await disowned(writes, in: life)
            case .poisoned(let error): refusals = try await diagnose(writes, error)
            }
        } catch {
            return writes.map { _ in .failure(error) }
        }
        if refusals.contains(where: { $0 != nil }) { return await settle(writes, except: refusals, in: life) }
        let half = writes.count / 2
        let first = await write(Array(writes[..<half]), in: life)
        return first + (await write(Array(writes[half...]), in: life))
    }

    private func send(_ writes: [CommitWrite], in life: NodeLife) async -> Sent {
        let segment = CommitSegment(writes, in: life, slot: slot)
        var attempt = 1
        while true {
            let error: PostgresError
            do throws(PostgresError) {
                let results = try await pool.run(segment.segment, on: slot)
                return .stored(try segment.receipts(results))
            } catch let caught {
                error = caught
            }
            // The commits are made, but what came back of them cannot be read.
            if case .unexpectedValue = error { return .failed(.inDoubt("\(error)")) }
            if error.isFenced(byFirst: 1) { return .failed(.fenced) }
            if error.isFenced(byFirst: FenceCheck.statements) { return .disowned }
            if error.isBlameOfOneWrite, !error.isRefused(byFirst: FenceCheck.statements) { return .poisoned(error) }
            guard error.isWorthAnotherAttempt, attempt < limits.attempts else { return .failed(JournalError(error)) }
            attempt += 1
        }
    }

    /// Refuses the commits under fences of shards that this life does not own.
    ///
    /// Where all are found to be owned, or none, all are refused: what was owned has changed in between.
    private func disowned(_ writes: [CommitWrite], in life: NodeLife) async throws(JournalError) -> [JournalError?] {
        let fences = writes.map(\.commit.fence)
        let owned: Set<Fence>
        do throws(PostgresError) {
            owned = try await FenceCheck.owned(fences, in: life, by: pool, on: slot)
        } catch {
            throw JournalError(error, reading: true)
        }
        if owned.count == Set(fences).count { throw .fenced }
        return fences.map { owned.contains($0) ? nil : .fenced }
    }

    /// Why each of the commits is refused; nil for those that nothing speaks against by itself.
    ///
    /// A commit that is alone has a reason in any case.
    private func diagnose(
        _ writes: [CommitWrite], _ error: PostgresError
    ) async throws(JournalError) -> [JournalError?] {
        var refusals: [JournalError?]
        do throws(PostgresError) {
            let diagnosis = CommitDiagnosis(writes)
            let findings = try diagnosis.findings(try await pool.run(diagnosis.segment, on: slot))
            refusals = zip(writes, findings).map { $0.1.refusal(of: $0.0.commit) }
        } catch {
            throw JournalError(error, reading: true)
        }
        if writes.count == 1, refusals[0] == nil { refusals[0] = JournalError(error) }
        return refusals
    }
}

extension PostgresError {
    /// Whether one of the writes that were sent together is to blame, and others would be made without it.
    var isBlameOfOneWrite: Bool {
        if case .segmentTooLarge = self { true } else { isPoison }
    }

    /// Whether one of the first statements of a segment has refused it.
    func isRefused(byFirst statements: Int) -> Bool {
        if case .refused(let refusal) = self { refusal.statement < statements } else { false }
    }

    /// Whether nothing is stored and the very same, sent at once, may be.
    var isWorthAnotherAttempt: Bool {
        guard case .refused(let refusal) = self else { return false }
        // Class 40: a deadlock. The others: a prepared statement that the connection has forgotten by now.
        return refusal.state.errorClass == "40" || ["26000", "0A000"].contains(refusal.state.code)
    }
}
