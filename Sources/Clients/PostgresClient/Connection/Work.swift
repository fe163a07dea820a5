import EventLoop

/// One segment from the moment when it is handed over until its result is.
// Proof for @unchecked Sendable: the `let`s are Sendable and never change; every variable is touched only on the
// pool's loop, except `completion`, which is set before the loop gets to see the work.
final class Work: @unchecked Sendable {
    typealias Outcome = Result<[PostgresResult], PostgresError>

    /// What a segment needs besides a connection.
    enum Need {
        /// Nothing: any connection of the pool, or the one with this number.
        case any(slot: Int?)
        /// A connection to itself; its last statement's rows go to this stream.
        case stream(RowStream)
        /// A connection to itself, which the transaction then keeps.
        case opening(PostgresTransaction, slot: Int?)
        /// The connection that the transaction has.
        case within(PostgresTransaction)
    }

    let segment: PostgresSegment
    let need: Need
    /// What a cut means before the end is answered.
    let ifCut: PostgresError

    var completion: ((Outcome) -> Void)?
    var waitsUntil: ContinuousClock.Instant?
    var results: [PostgresResult] = []
    var failure: PostgresError?
    var rowCount = 0
    var rowBytes = 0
    /// The connection that it was sent on, for as long as it has no outcome.
    var connection: Connection?
    var isCancelled = false

    init(_ segment: PostgresSegment, need: Need, ifCut: PostgresError) {
        self.segment = segment
        self.need = need
        self.ifCut = ifCut
    }

    /// The connection that it must have, by number.
    var slot: Int? {
        switch need {
        case .any(let slot), .opening(_, let slot): slot
        case .stream, .within: nil
        }
    }

    /// Whether it can only be sent on a connection where nothing is under way.
    var isExclusive: Bool {
        switch need {
        case .any, .within: false
        case .stream, .opening: true
        }
    }

    /// Takes a row of the statement with this number; false if the answer has become too large.
    func take(_ row: PostgresRow, of statement: Int, limits: PostgresLimits) -> Bool {
        guard failure == nil else { return true }
        let bytes = row.result.rowBytes(row.index)
        guard bytes <= limits.maximumRowBytes else { return refuse(.maximumRowBytes) }
        if case .stream(let stream) = need, statement == segment.count - 1 {
            stream.append(row, bytes: bytes)
            return true
        }
        rowCount += 1
        rowBytes += bytes
        guard rowCount <= limits.maximumResultRows else { return refuse(.maximumResultRows) }
        guard rowBytes <= limits.maximumResultBytes else { return refuse(.maximumResultBytes) }
        begin(statement)
        results[statement].rows.append(row)
        return true
    }

    /// Takes the end of the statement with this number.
    func end(_ statement: Int, affectedRows: Int, command: String) {
        begin(statement)
        results[statement].affectedRows = affectedRows
        results[statement].command = command
    }

    /// Hands over the outcome, once.
    func complete(_ outcome: Outcome) {
        connection = nil
        let completion = completion
        self.completion = nil
        completion?(outcome)
        if case .stream(let stream) = need { stream.end(outcome) }
    }

    private func begin(_ statement: Int) {
        while results.count <= statement { results.append(PostgresResult()) }
    }

    private func refuse(_ bound: PostgresBound) -> Bool {
        failure = .resultTooLarge(bound)
        results = []
        return false
    }
}
