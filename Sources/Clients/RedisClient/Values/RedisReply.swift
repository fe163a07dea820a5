import CHiredis

/// What the server answers.
package enum RedisReply: Sendable, Equatable {
    /// Nothing is there.
    case null
    /// A number.
    case integer(Int64)
    /// A value of any bytes, or a status such as `OK`.
    case string([UInt8])
    /// An error within an array; a command that fails throws it.
    case error(RedisRefusal)
    /// Several.
    case array([RedisReply])

    /// Copies hiredis's reply, which is freed when its callback returns.
    init(_ reply: UnsafePointer<redisReply>) {
        switch reply.pointee.type {
        case REDIS_REPLY_INTEGER: self = .integer(reply.pointee.integer)
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: self = .string(Array(Self.bytes(reply)))
        case REDIS_REPLY_ERROR: self = .error(RedisRefusal(line: String(decoding: Self.bytes(reply), as: UTF8.self)))
        case REDIS_REPLY_ARRAY:
            let elements = UnsafeBufferPointer(start: reply.pointee.element, count: reply.pointee.elements)
            self = .array(elements.map { $0.map { RedisReply($0) } ?? .null })
        default: self = .null
        }
    }

    private static func bytes(_ reply: UnsafePointer<redisReply>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len)
    }
}

extension RedisReply {
    /// The elements of an array; nil for anything else.
    package var elements: [RedisReply]? { if case .array(let elements) = self { elements } else { nil } }

    /// The bytes of a string; nil for anything else.
    package var bytes: [UInt8]? { if case .string(let bytes) = self { bytes } else { nil } }

    /// The text of a string that is UTF-8; nil for anything else.
    package var text: String? { bytes.flatMap { String(validating: $0, as: UTF8.self) } }
}
