import HoldpointCore
import HoldpointPorts
import PostgresClient

/// A change of the inbox that needs no fence: any node may make it.
struct InboxWrite: BatchedWrite {
    /// What changes.
    enum Change {
        /// A command is stored.
        case store(StoredCommand)
        /// A command gets its outcome.
        case decide(DecidedCommand)
        /// An attempt at a command is counted.
        case countAttempt(StoredCommandID)
    }

    let change: Change
    /// The command's project.
    let project: ProjectNumbers

    /// The command.
    var id: StoredCommandID {
        switch change {
        case .store(let command): command.id
        case .decide(let decided): decided.id
        case .countAttempt(let id): id
        }
    }

    var byteCount: Int {
        if case .store(let command) = change { command.sealed.count + 256 } else { 256 }
    }

    var claims: [WriteClaim] { [.command(id.value)] }
    func fits(with first: Self) -> Bool { true }
}

/// What came of a change of the inbox.
enum InboxAnswer: Sendable, Equatable {
    /// It was made, with the count of attempts where one was counted.
    case changed(attempts: Int64?)
    /// There was nothing to change, or it was as it should be already.
    case unchanged
}

/// Writes batches of changes of the inbox.
struct InboxStore: BatchStore {
    typealias Verdict = Result<InboxAnswer, JournalError>

    let pool: PostgresPool
    let limits: WriteLimits

    func settle(_ writes: [InboxWrite]) async -> [Verdict] {
        let segment = InboxSegment(writes)
        var attempt = 1
        while true {
            let error: PostgresError
            do throws(PostgresError) {
                let results = try await pool.run(segment.segment)
                return try segment.answers(results).map { .success($0) }
            } catch let caught {
                error = caught
            }
            if case .unexpectedValue = error { return writes.map { _ in .failure(.inDoubt("\(error)")) } }
            if error.isBlameOfOneWrite, writes.count > 1 {
                let half = writes.count / 2
                let first = await settle(Array(writes[..<half]))
                return first + (await settle(Array(writes[half...])))
            }
            guard error.isWorthAnotherAttempt, attempt < limits.attempts else {
                return writes.map { _ in .failure(JournalError(error)) }
            }
            attempt += 1
        }
    }
}

/// A batch of changes of the inbox as one segment.
private struct InboxSegment {
    let segment: PostgresSegment
    private let writes: [InboxWrite]
    private let attemptStatement: Int?

    init(_ writes: [InboxWrite]) {
        var commands = CommandRows()
        var outcomes = OutcomeRows()
        var attempts = AttemptRows()
        for write in writes {
            switch write.change {
            case .store(let command): commands.append(command, of: write.project)
            case .decide(let decided): outcomes.append(decided, of: write.project)
            case .countAttempt(let id): attempts.append(id, of: write.project)
            }
        }
        var segment = PostgresSegment()
        Tenants.name(writes.lazy.map(\.project.tenant), in: &segment)
        segment.add(commands)
        if !outcomes.isEmpty { segment.add(OutcomeRows.statementForSome, outcomes.parameters) }
        attemptStatement = attempts.isEmpty ? nil : segment.count
        segment.add(attempts)
        self.segment = segment
        self.writes = writes
    }

    /// What came of each change: every statement returns the ids of the commands that it has changed.
    func answers(_ results: [PostgresResult]) throws(PostgresError) -> [InboxAnswer] {
        var found: [StoredCommandID: InboxAnswer] = [:]
        for (statement, result) in results.enumerated().dropFirst() {
            for row in result.rows {
                let attempts = statement == attemptStatement ? try row.integer(1) : nil
                found[try row.commandID(0)] = .changed(attempts: attempts)
            }
        }
        return writes.map { found[$0.id] ?? .unchanged }
    }
}
