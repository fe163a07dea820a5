/// One program for a worker, with what it is applied to.
package struct JQRequest: Sendable, Equatable {
    /// What `JQProgram.source(of:variables:)` made.
    package let source: String
    /// A JSON array: the input, then the variables; nil to compile the program only.
    package let input: [UInt8]?

    package init(source: String, input: [UInt8]?) {
        self.source = source
        self.input = input
    }

    /// Bytes of an exchange that are kept free for errors when a value is granted the rest.
    static let replyOverhead = 64

    /// The bytes that the request takes in a frame.
    package var size: Int { source.utf8.count + (input?.count ?? 0) + 9 }

    /// All requests of one exchange in one frame.
    static func frame(of requests: some Sequence<JQRequest>) -> [UInt8] {
        var writer = JQFrameWriter()
        for request in requests {
            writer.append(request.input == nil ? 0 : 1 as UInt8)
            writer.append(request.source.utf8)
            if let input = request.input { writer.append(input) }
        }
        return writer.finished()
    }
}

/// What became of a request.
package enum JQReply: Sendable, Equatable {
    /// The value as JSON; empty for a program that was only to be compiled.
    case value([UInt8])
    /// jq found no value.
    case error(JQError)
    /// It took more processor time than it may, in milliseconds.
    case outOfTime(milliseconds: Int)
    /// It took more memory than it may, in bytes.
    case outOfMemory(bytes: Int)
    /// The worker broke while it was at it.
    case crashed

    func write(into writer: inout JQFrameWriter) {
        switch self {
        case .value(let bytes):
            writer.append(0 as UInt8)
            writer.append(bytes)
        case .error(.invalid(let message)):
            writer.append(1 as UInt8)
            writer.append(message.utf8)
        case .error(.failed(let message)):
            writer.append(2 as UInt8)
            writer.append(message.utf8)
        case .error(.noValue): writer.append(3 as UInt8)
        case .error(.severalValues): writer.append(4 as UInt8)
        case .error(.tooLong(let limit)):
            writer.append(5 as UInt8)
            writer.append(UInt32(clamping: limit))
        case .error(.notAnInput): writer.append(6 as UInt8)
        // The worker itself says none of these.
        case .outOfTime, .outOfMemory, .crashed: writer.append(255 as UInt8)
        }
    }

    /// Nil if the bytes are no reply.
    init?(from reader: inout JQFrameReader) {
        switch reader.byte() {
        case 0:
            guard let bytes = reader.text() else { return nil }
            self = .value([UInt8](bytes))
        case 1:
            guard let bytes = reader.text() else { return nil }
            self = .error(.invalid(String(decoding: bytes, as: UTF8.self)))
        case 2:
            guard let bytes = reader.text() else { return nil }
            self = .error(.failed(String(decoding: bytes, as: UTF8.self)))
        case 3: self = .error(.noValue)
        case 4: self = .error(.severalValues)
        case 5:
            guard let limit = reader.number() else { return nil }
            self = .error(.tooLong(Int(limit)))
        case 6: self = .error(.notAnInput)
        default: return nil
        }
    }

    /// The replies of one frame; nil unless there are exactly so many.
    static func replies(in frame: [UInt8], count: Int) -> [JQReply]? {
        frame.withUnsafeBytes { bytes in
            var reader = JQFrameReader(bytes)
            var replies: [JQReply] = []
            replies.reserveCapacity(count)
            while !reader.isAtEnd {
                guard let reply = JQReply(from: &reader) else { return nil }
                replies.append(reply)
            }
            return replies.count == count ? replies : nil
        }
    }
}
