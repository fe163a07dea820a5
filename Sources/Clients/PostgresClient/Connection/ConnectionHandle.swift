import CPostgres
import Glibc

/// Owns a `PGconn` and finishes it.
// Proof for @unchecked Sendable: the thread that starts the connection hands it over through the loop's lock and keeps
// nothing of it; from then on only the loop's thread calls libpq with it. PQfinish is called by the last owner.
final class ConnectionHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    private init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        PQfinish(pointer)
    }

    /// Whether libpq can read a connection string.
    static func canRead(_ connectionString: String) -> Bool {
        guard let options = PQconninfoParse(connectionString, nil) else { return false }
        PQconninfoFree(options)
        return true
    }

    /// Looks up the first host, which may block, and begins to connect to it; nil if there is no memory.
    static func start(_ configuration: PostgresConfiguration) -> ConnectionHandle? {
        var pairs = [("dbname", configuration.connectionString), ("client_encoding", "UTF8")]
        if let name = configuration.applicationName { pairs.append(("application_name", name)) }
        let keywords = pairs.map { strdup($0.0) }
        let values = pairs.map { strdup($0.1) }
        defer { for text in keywords + values { free(text) } }
        let pointer = PQconnectStartParams(
            keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
        guard let pointer else { return nil }
        // Notices are not for standard error, and an error while connecting shows its code instead of its text.
        PQsetNoticeReceiver(pointer, { _, _ in }, nil)
        PQsetErrorVerbosity(pointer, PQERRORS_SQLSTATE)
        return ConnectionHandle(pointer)
    }

    var socket: Int32 { PQsocket(pointer) }

    /// Why it could not connect.
    var failure: PostgresConnectFailure {
        let message = PQerrorMessage(pointer).map { String(cString: $0) } ?? ""
        let lines = message.split(separator: "\n")
        // What the server says ends with its code: "… failed: FATAL:  28P01".
        if let last = lines.last, let state = SQLState(String(last.suffix(5))), last.dropLast(5).hasSuffix("  ") {
            return .refused(state)
        }
        return .unreachable(lines.joined(separator: "; "))
    }

    /// Whether something is left that could not be sent yet; nil if the connection is broken.
    func flush() -> Bool? {
        switch PQflush(pointer) {
        case 0: false
        case 1: true
        default: nil
        }
    }

    /// Asks libpq for each row of the statement whose answer comes next as soon as it is there.
    ///
    /// It declines if what comes next is no statement.
    func expectRows() {
        _ = PQsetSingleRowMode(pointer)
    }
}
