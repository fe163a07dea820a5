import Glibc
import HoldpointCore
import HoldpointPorts
import JSON

/// The server's log: JSON lines on standard error, without payloads, keys or answers.
struct ServerLog: Sendable {
    /// How much attention a line wants.
    enum Level: String, Sendable {
        case info
        case warning
        case error
    }

    private let clock: any Clock

    init(clock: any Clock) {
        self.clock = clock
    }

    /// Writes `{time, level, event, …}`; the time is now unless it is given.
    func write(_ level: Level, _ event: String, _ members: [(String, JSONValue)] = [], at time: Timestamp? = nil) {
        var writer = JSONWriter(reserving: 256)
        writer.beginObject()
        writer.member("time", (time ?? clock.now()).description)
        writer.member("level", level.rawValue)
        writer.member("event", event)
        for (name, value) in members {
            writer.key(name)
            writer.value(value)
        }
        writer.endObject()
        Output.write(String(decoding: writer.bytes, as: UTF8.self) + "\n", to: STDERR_FILENO)
    }
}
