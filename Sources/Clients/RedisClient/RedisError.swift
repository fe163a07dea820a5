/// Why a command has no reply.
///
/// None of its descriptions shows data.
package enum RedisError: Error, Sendable, Equatable {
    /// The server answered with an error.
    case refused(RedisRefusal)
    /// The connection was cut, or silent for too long, after the command was sent: it may have been carried out.
    case inDoubt
    /// There is no connection; nothing was sent.
    case unavailable(RedisConnectFailure?)
    /// Too much is under way, or the command is too large; nothing was sent.
    case overloaded(RedisBound)
    /// The client has been closed; nothing was sent.
    case closed
}

/// What the server says of a command that it refuses.
package struct RedisRefusal: Error, Sendable, Equatable {
    /// The first word, such as `WRONGTYPE`, `NOGROUP`, `OOM`, `READONLY` or, from a cluster, `MOVED`.
    package let code: String
    /// The rest, which may quote what was sent: to be compared, and never to be shown.
    package let message: String

    /// Splits the server's line.
    init(line: String) {
        let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let first = words.first ?? ""
        let isCode = !first.isEmpty && first.utf8.count <= 32 && first.utf8.allSatisfy { Self.isUpper($0) }
        code = isCode ? String(first) : "ERR"
        message = isCode ? (words.count > 1 ? String(words[1]) : "") : line
    }

    private static func isUpper(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }
}

/// Why there is no connection.
package enum RedisConnectFailure: Error, Sendable, Equatable {
    /// Nobody answers, or the host is not known; what the system says of it.
    case unreachable(String)
    /// The server answered and refused this command with this code; `WRONGPASS` is a wrong password, `NOAUTH` none,
    /// `LOADING` a server that is starting.
    case refused(command: String, code: String)
    /// The connection did not stand in time.
    case timedOut
    /// The connection was cut, or the server was silent for too long.
    case lost
    /// What came is not Redis's protocol.
    case notRedis
    /// A value of a reply was larger than `maximumValueBytes`.
    case valueTooLarge
    /// The system gave no memory, descriptor or thread.
    case outOfResources
}

extension RedisError: CustomStringConvertible {
    /// One sentence for a log line, without any data.
    package var description: String {
        switch self {
        case .refused(let refusal): refusal.description
        case .inDoubt: "the connection was cut before the command was answered: it may have been carried out"
        case .unavailable(let failure): "no connection to Redis" + (failure.map { ": \($0)" } ?? "")
        case .overloaded(let bound): "too much is under way to Redis already (\(bound.rawValue))"
        case .closed: "the connections to Redis are closed"
        }
    }
}

extension RedisRefusal: CustomStringConvertible {
    /// One sentence for a log line, without any data.
    package var description: String { "Redis refused a command with \(code)" }
}

extension RedisConnectFailure: CustomStringConvertible {
    /// One sentence for a log line, without a password.
    package var description: String {
        switch self {
        case .unreachable(let message): message
        case .refused(let command, let code): "the server refused \(command) with \(code)"
        case .timedOut: "the connection did not stand in time"
        case .lost: "the connection was cut, or silent for too long"
        case .notRedis: "what answers does not speak Redis's protocol"
        case .valueTooLarge: "a value of a reply was too large"
        case .outOfResources: "the system gave no memory, descriptor or thread"
        }
    }
}
