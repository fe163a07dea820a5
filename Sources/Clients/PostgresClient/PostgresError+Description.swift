extension PostgresError: CustomStringConvertible {
    /// One sentence for a log line, without any data.
    package var description: String {
        switch self {
        case .refused(let refusal): refusal.description
        case .inDoubt: "the connection was cut before the commit was answered: it is in doubt"
        case .connectionLost: "the connection was cut; nothing is stored"
        case .unavailable(let failure): "no connection to Postgres in time" + (failure.map { ": \($0)" } ?? "")
        case .overloaded(let bound): "too much waits for Postgres already (\(bound.rawValue))"
        case .segmentTooLarge(let bound): "the statements are too large (\(bound.rawValue))"
        case .resultTooLarge(let bound): "the answer of Postgres is too large (\(bound.rawValue))"
        case .cancelled: "the statement was cancelled"
        case .closed: "the connections to Postgres are closed"
        case .rolledBack: "the transaction had failed before its commit"
        case .unexpectedValue(let column, let fault): "column \(column) \(fault)"
        }
    }
}

extension PostgresRefusal: CustomStringConvertible {
    /// One sentence for a log line, without any data.
    package var description: String {
        var text = "Postgres refused statement \(statement) with \(state)"
        if let message {
            text += ": \(message)"
        } else {
            if let constraint { text += ", constraint \(constraint)" }
            if let table { text += ", table \(table)" }
        }
        return text
    }
}

extension PostgresConnectFailure: CustomStringConvertible {
    /// One sentence for a log line, without a password.
    package var description: String {
        switch self {
        case .connectionStringUnreadable: "the connection string cannot be read"
        case .unreachable(let message): message
        case .refused(let state): "the server refused the connection with \(state)"
        case .timedOut: "the connection did not stand in time"
        case .lost: "the connection was cut"
        case .outOfResources: "the system gave no memory, descriptor or thread"
        }
    }
}

extension PostgresValueFault: CustomStringConvertible {
    /// The end of a sentence that begins with the column.
    package var description: String {
        switch self {
        case .null: "is null"
        case .type(let number): "has the type \(number)"
        case .malformed: "has bytes that its type does not allow"
        case .noSuchColumn: "does not exist"
        }
    }
}
