/// Why a segment has no results, or a value could not be read.
///
/// None of its descriptions shows data.
package enum PostgresError: Error, Sendable, Equatable {
    /// The server refused a statement: nothing of its segment is stored.
    case refused(PostgresRefusal)
    /// The connection was cut after the segment was sent and before its end was answered: it is stored, or not at all.
    case inDoubt
    /// The connection was cut where nothing can have been stored.
    case connectionLost
    /// No connection could be had in time; nothing was sent.
    case unavailable(PostgresConnectFailure?)
    /// The queue of the pool is full; nothing was sent.
    case overloaded(PostgresBound)
    /// The segment is larger than the pool allows; nothing was sent.
    case segmentTooLarge(PostgresBound)
    /// The answer is larger than the pool allows; what the segment writes is in doubt.
    case resultTooLarge(PostgresBound)
    /// The task was cancelled, and nothing is stored.
    case cancelled
    /// The pool has been closed; nothing was sent.
    case closed
    /// A transaction was to be committed after one of its statements had failed; nothing is stored.
    case rolledBack
    /// A column holds something else than what it was read as.
    case unexpectedValue(column: Int, PostgresValueFault)

    /// Whether it may have been stored.
    package var isInDoubt: Bool {
        switch self {
        case .inDoubt, .resultTooLarge: true
        default: false
        }
    }

    /// Whether what was to be stored is to blame, so that it fails every time and others beside it need not.
    package var isPoison: Bool {
        if case .refused(let refusal) = self { refusal.state.isPoison } else { false }
    }

    /// Whether nothing is stored and the same may succeed later.
    package var isRetryable: Bool {
        switch self {
        case .refused(let refusal): refusal.state.isRetryable
        case .connectionLost, .unavailable, .overloaded: true
        default: false
        }
    }
}

/// What the server says of a statement that it refuses.
package struct PostgresRefusal: Error, Sendable, Equatable {
    /// What kind of error it is.
    package let state: SQLState
    /// Which statement of the segment it was, from 0.
    package let statement: Int
    /// The server's one-line message; nil if it may quote a value.
    ///
    /// Details and hints are never kept.
    package let message: String?
    /// The name of the constraint that is violated, if there is one.
    package let constraint: String?
    /// The name of the table that is concerned, if the server names one.
    package let table: String?
}

/// Why there is no connection.
package enum PostgresConnectFailure: Error, Sendable, Equatable {
    /// Libpq cannot read the connection string. What it says is not repeated, because it may quote a password.
    case connectionStringUnreadable
    /// Nobody answers, or the handshake failed; what libpq says of it, which names host and port.
    case unreachable(String)
    /// The server answered and refused; `28P01` is a wrong password, `57P03` a server that is starting.
    case refused(SQLState)
    /// The connection did not stand in time.
    case timedOut
    /// The connection was cut, or the server was silent for too long.
    case lost
    /// The system gave no memory, descriptor or thread.
    case outOfResources
}

/// A limit of `PostgresLimits` that was reached.
package enum PostgresBound: String, Sendable, Equatable {
    case maximumWaiting
    case maximumWaitingBytes
    case maximumSegmentBytes
    case maximumStatements
    case maximumParameters
    case maximumRowBytes
    case maximumResultBytes
    case maximumResultRows
}

/// What is wrong with a value that was read.
package enum PostgresValueFault: Sendable, Equatable {
    /// It is null.
    case null
    /// It has another type; the server's number of that type.
    case type(UInt32)
    /// Its bytes are not what its type says.
    case malformed
    /// The row has no such column.
    case noSuchColumn
}
