import HoldpointCore
import HoldpointPorts
import JSON
import PostgresClient

/// How values of the core are read from columns; each throws `unexpectedValue` for what it cannot be.
extension PostgresRow {
    /// A `uuid`.
    func identifier(_ column: Int) throws(PostgresError) -> Identifier128 { Identifier128(try uuid(column)) }

    /// The key of a session.
    func sessionKey(_ column: Int) throws(PostgresError) -> SessionKey { SessionKey(try identifier(column)) }

    /// The id of a stored command.
    func commandID(_ column: Int) throws(PostgresError) -> StoredCommandID {
        StoredCommandID(try identifier(column))
    }

    /// The id of a request.
    func requestID(_ column: Int) throws(PostgresError) -> RequestID {
        try known(RequestID(storedBytes: bytes(column)), column)
    }

    /// 32 bytes.
    func digest(_ column: Int) throws(PostgresError) -> Digest { try known(Digest(bytes: bytes(column)), column) }

    /// Milliseconds since 1970.
    func time(_ column: Int) throws(PostgresError) -> Timestamp { Timestamp(milliseconds: try integer(column)) }

    /// Milliseconds since 1970; nil for null.
    func optionalTime(_ column: Int) throws(PostgresError) -> Timestamp? {
        try optionalInteger(column).map { Timestamp(milliseconds: $0) }
    }

    /// The number of a shard.
    func shard(_ column: Int) throws(PostgresError) -> Shard {
        try known(UInt8(exactly: integer(column)).map { Shard($0) }, column)
    }

    /// The id of a session.
    func sessionID(_ column: Int) throws(PostgresError) -> SessionID { try known(try? SessionID(text(column)), column) }

    /// The name of a tenant.
    func tenantName(_ column: Int) throws(PostgresError) -> TenantName {
        try known(try? TenantName(text(column)), column)
    }

    /// The name of a project.
    func projectName(_ column: Int) throws(PostgresError) -> ProjectName {
        try known(try? ProjectName(text(column)), column)
    }

    /// A tenant's name in the given column and its project's in the next one.
    func scope(_ column: Int) throws(PostgresError) -> Scope {
        Scope(tenant: try tenantName(column), project: try projectName(column + 1))
    }

    /// The case of an enumeration that a number stands for.
    func code<Value: RowCoded>(_ column: Int) throws(PostgresError) -> Value {
        try known(Value(rowCode: integer(column)), column)
    }

    /// A reply.
    func reply(_ column: Int) throws(PostgresError) -> CommandReply {
        try known(StoredForm.reply(bytes(column)), column)
    }

    /// An outcome; nil for null.
    func optionalOutcome(_ column: Int) throws(PostgresError) -> StoredOutcome? {
        guard let bytes = try optionalBytes(column) else { return nil }
        return try known(StoredForm.outcome(bytes), column)
    }

    /// Texts by name.
    func labels(_ column: Int) throws(PostgresError) -> [String: String] {
        try known(StoredForm.labels(bytes(column)), column)
    }

    /// A JSON value; nil for null.
    func optionalDocument(_ column: Int) throws(PostgresError) -> JSONValue? {
        guard let bytes = try optionalBytes(column) else { return nil }
        return try known(StoredForm.value(bytes), column)
    }

    /// A text that is kept as bytes, since a text of Postgres cannot hold U+0000.
    func plainText(_ column: Int) throws(PostgresError) -> String {
        try known(String(validating: bytes(column), as: UTF8.self), column)
    }

    /// A text that is kept as bytes, since a text of Postgres cannot hold U+0000; nil for null.
    func optionalPlainText(_ column: Int) throws(PostgresError) -> String? {
        guard let bytes = try optionalBytes(column) else { return nil }
        return try known(String(validating: bytes, as: UTF8.self), column)
    }

    /// The events of a commit.
    func events(_ column: Int) throws(PostgresError) -> [RecordedEvent] {
        try known(EventRecord.decode(bytes(column)), column)
    }

    /// One of the events of a commit.
    func event(_ column: Int, at sequence: Int64) throws(PostgresError) -> RecordedEvent {
        try known(events(column).first { $0.sequence == sequence }, column)
    }

    /// The value; or says that the column's bytes are not what they should be.
    func known<Value>(_ value: Value?, _ column: Int) throws(PostgresError) -> Value {
        guard let value else { throw .unexpectedValue(column: column, .malformed) }
        return value
    }
}
