/// What a group writer writes to: a connection with its prepared statements and whatever is remembered about its rows.
package protocol GroupWritable: AnyObject, SendableMetatype {
    /// The one connection that writes.
    var connection: SQLiteConnection { get }

    /// A transaction has begun: no other connection can write until it ends.
    func didBegin() throws(SQLiteError)

    /// Changes since the last commit were undone: forget what is remembered about rows.
    func didRollBack()
}

/// Why a write is not known to be on the disk.
package enum GroupWriteError: Error, Equatable {
    /// Too much waits already; nothing was stored, try again later.
    case overloaded
    /// The writer was closed; nothing was stored.
    case closed
    /// SQLite could not do it; nothing was stored.
    case notCommitted(SQLiteError)
    /// The commit itself failed; whether it is stored shows after the next commit or the next opening.
    case inDoubt(SQLiteError)
}

/// Runs an action when what is queued on the callers' thread has had its turn; at once, where callers have no such
/// thread.
package typealias EndOfTurn = @Sendable (_ action: @escaping @Sendable () -> Void) -> Void

/// How much is committed together and how much may wait.
package struct GroupLimits: Sendable {
    /// The most writes in one batch.
    package var batchWrites = 64
    /// The most writes that are held back until the callers' turn ends, so that they are handed over together.
    package var heldWrites = 64
    /// A batch is closed once its writes have this many bytes; a larger write is a batch of its own.
    package var batchBytes = 512 * 1_024
    /// The most writes that may wait.
    package var queueWrites = 8_192
    /// The most bytes that may wait.
    package var queueBytes = 64 * 1_024 * 1_024

    /// The default limits.
    package init() {}
}
