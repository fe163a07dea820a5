import HoldpointCore
import HoldpointPorts
import SQLiteClient

/// The row of a delivery, as it is read.
enum DeliveryRow {
    /// Reads the columns `id, session, name, seq, type, created, status, attempts, tries, due, code, error, attempted`.
    static func record(_ row: SQLiteStatement, scope: Scope) throws(SQLiteError) -> DeliveryRecord {
        let session = SessionIdentity(
            scope: scope, key: SessionKey(try row.identifier(1)), id: try row.sessionID(2))
        return DeliveryRecord(
            place: row.integer(0), session: session, sequence: row.integer(3), type: EventType(row.text(4)),
            createdAt: row.timestamp(5), state: try state(row, 6))
    }

    /// Reads the columns `status, attempts, tries, due, code, error, attempted`, from the given one on.
    static func state(_ row: SQLiteStatement, _ column: Int32) throws(SQLiteError) -> DeliveryState {
        guard let status = DeliveryState.Status(rowCode: row.integer(column)) else {
            throw .damaged("a delivery has an unknown status")
        }
        return DeliveryState(
            status: status, attempts: row.integer(column + 1), tries: row.integer(column + 2),
            due: row.timestamp(column + 3), lastStatus: row.optionalInteger(column + 4),
            lastError: row.optionalText(column + 5),
            lastAttemptAt: row.optionalInteger(column + 6).map { Timestamp(milliseconds: $0) })
    }
}
