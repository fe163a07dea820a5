import EventLoop
import HoldpointCore
import HoldpointPorts
import RedisClient

/// Remembers where deliveries came from, and tells Redis which are done, those of one turn of the loop together.
final class Acknowledgements: Sendable {
    /// An entry of a stream.
    struct Place: Sendable {
        let stream: CommandStream
        let entry: String
    }

    private struct State: Sendable {
        var places: [StoredCommandID: [Place]] = [:]
        var count = 0
        var done: [CommandStream: [String]] = [:]
        var isScheduled = false

        func isKnown(_ command: StoredCommandID, at place: Place) -> Bool {
            places[command]?.contains { $0.entry == place.entry && $0.stream == place.stream } ?? false
        }

        /// True for the first since the last were taken.
        mutating func schedule() -> Bool {
            defer { isScheduled = true }
            return !isScheduled
        }
    }

    private let state = Locked(State())
    private let maximum: Int

    init(maximum: Int) {
        self.maximum = maximum
    }

    /// Remembers an entry; beyond the bound it is forgotten, and comes again when it is reclaimed.
    func note(_ command: StoredCommandID, at place: Place) {
        state.withLock { state in
            guard state.count < maximum, !state.isKnown(command, at: place) else { return }
            state.places[command, default: []].append(place)
            state.count += 1
        }
    }

    /// Marks what is known of a command as done; true if somebody has to take that to Redis at the turn's end.
    func finish(_ command: StoredCommandID) -> Bool {
        state.withLock { state in
            guard let places = state.places.removeValue(forKey: command) else { return false }
            state.count -= places.count
            for place in places { state.done[place.stream, default: []].append(place.entry) }
            return state.schedule()
        }
    }

    /// Marks an entry that is no delivery as done, so that it does not come again and again.
    func discard(_ place: Place) -> Bool {
        state.withLock { state in
            state.done[place.stream, default: []].append(place.entry)
            return state.schedule()
        }
    }

    /// Forgets the entries of shards that others serve now.
    func forget(except shards: Set<Shard>) {
        state.withLock { state in
            state.places = state.places.filter { shards.contains($0.value[0].stream.shard) }
            state.count = state.places.reduce(0) { $0 + $1.value.count }
        }
    }

    /// The commands that tell Redis what is done.
    func takeCommands() -> [RedisCommand] {
        let done = state.withLock { state -> [CommandStream: [String]] in
            state.isScheduled = false
            defer { state.done = [:] }
            return state.done
        }
        var commands: [RedisCommand] = []
        for (stream, entries) in done {
            let size = RedisStreamsConfiguration.acknowledgementsAtOnce
            for start in stride(from: 0, to: entries.count, by: size) {
                var command = RedisCommand("XACK", stream.name, StreamNames.group)
                for entry in entries[start..<min(start + size, entries.count)] { command.add(entry) }
                commands.append(command)
            }
        }
        return commands
    }
}
