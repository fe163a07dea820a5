import HoldpointCore
import HoldpointPorts
import PostgresClient

/// Rows that one statement writes, as columns: each parameter is the array of a column.
protocol WriteRows {
    /// The statement; it divides by zero unless it has written what it must.
    static var statement: PostgresStatement { get }

    /// A segment without such rows leaves the statement out.
    var isEmpty: Bool { get }

    /// The columns.
    var parameters: [PostgresValue] { get }
}

extension PostgresSegment {
    /// Appends the statement of the rows, if there are any.
    mutating func add<Rows: WriteRows>(_ rows: Rows) {
        if !rows.isEmpty { add(Rows.statement, rows.parameters) }
    }
}
