/// A place in a project's feed: the transaction that wrote the event, and the event's number within it.
///
/// A store whose row ids are already in commit order uses the row id and 0.
package struct FeedPosition: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The transaction, or the row.
    package let transaction: Int64
    /// The number within the transaction.
    package let index: Int64

    package init(transaction: Int64, index: Int64 = 0) {
        self.transaction = transaction
        self.index = index
    }

    /// Before everything.
    package static let start = FeedPosition(transaction: 0)

    /// Reads `<transaction>` or `<transaction>-<index>`; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts.map { Int64($0) }
        guard let first = numbers.first, let transaction = first, transaction >= 0 else { return nil }
        guard numbers.count == 2 else {
            self.init(transaction: transaction)
            return
        }
        guard let index = numbers[1], index >= 0 else { return nil }
        self.init(transaction: transaction, index: index)
    }

    package var description: String { index == 0 ? String(transaction) : "\(transaction)-\(index)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.transaction, left.index) < (right.transaction, right.index)
    }
}
