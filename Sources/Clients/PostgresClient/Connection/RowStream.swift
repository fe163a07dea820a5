/// The rows of a long read between the connection and whoever reads: one page is gathered ahead, then the socket rests.
// Proof for @unchecked Sendable: the `let`s are Sendable and never change; every variable is touched only on the
// pool's loop.
final class RowStream: @unchecked Sendable {
    typealias Page = Result<[PostgresRow], PostgresError>

    let pageRows: Int
    let pageBytes: Int

    private var rows: [PostgresRow] = []
    private var bytes = 0
    private var reader: CheckedContinuation<Page, Never>?
    private var failure: PostgresError?
    private var hasEnded = false
    /// Nobody wants the rest: rows are dropped as they come.
    private(set) var isAbandoned = false

    init(pageRows: Int, pageBytes: Int) {
        self.pageRows = pageRows
        self.pageBytes = pageBytes
    }

    /// Whether a whole page waits for its reader.
    var isFull: Bool { rows.count >= pageRows || bytes >= pageBytes }

    /// Hands over the next page as soon as it is there; an empty one is the end.
    func read(_ continuation: CheckedContinuation<Page, Never>) {
        reader = continuation
        if isFull || hasEnded { deliver() }
    }

    func append(_ row: PostgresRow, bytes: Int) {
        guard !isAbandoned else { return }
        rows.append(row)
        self.bytes += bytes
        if isFull { deliver() }
    }

    func end(_ outcome: Work.Outcome) {
        hasEnded = true
        if case .failure(let error) = outcome { failure = error }
        deliver()
    }

    func abandon() {
        isAbandoned = true
        rows = []
        bytes = 0
    }

    private func deliver() {
        guard let reader else { return }
        self.reader = nil
        if rows.isEmpty, let failure { return reader.resume(returning: .failure(failure)) }
        defer {
            rows = []
            bytes = 0
        }
        reader.resume(returning: .success(rows))
    }
}
