import CPostgres

/// What one statement of a segment gave.
package struct PostgresResult: Sendable {
    /// Its rows, in the server's order.
    package internal(set) var rows: [PostgresRow] = []
    /// How many rows the statement read or changed, as the server counts them.
    package internal(set) var affectedRows = 0
    /// What the server calls what it has done: `INSERT 0 1`, `COMMIT`, ….
    package internal(set) var command = ""
}

/// Owns a `PGresult` and frees it.
// Proof for @unchecked Sendable: libpq never changes a result after PQgetResult has handed it over, and all calls made
// here but PQclear only read it (manual, 34.20 "Behavior in Threaded Programs"); PQclear is called by the last owner.
final class ResultHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        PQclear(pointer)
    }

    var status: ExecStatusType { PQresultStatus(pointer) }
    var rowCount: Int32 { PQntuples(pointer) }

    /// The bytes that one row's values have.
    func rowBytes(_ row: Int32) -> Int {
        var sum = 0
        for column in 0..<PQnfields(pointer) { sum += Int(PQgetlength(pointer, row, column)) }
        return sum
    }

    /// What the server says of an error; nil if the field is missing.
    func errorField(_ field: UInt8) -> String? {
        PQresultErrorField(pointer, Int32(field)).map { String(cString: $0) }
    }

    var affectedRows: Int { PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } ?? 0 }
    var command: String { PQcmdStatus(pointer).map { String(cString: $0) } ?? "" }
}
