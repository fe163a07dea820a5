import EventLoop
import HoldpointCore

/// Outcomes that callers at this node wait for: any number of writers and one reader.
final class Announcements: Sendable {
    private struct State: Sendable {
        var waiting: [StoredCommandID] = []
        var reader: CheckedContinuation<[StoredCommandID], Never>?
        var isClosed = false
    }

    private let state = Locked(State())

    func put(_ command: StoredCommandID) {
        let reader = state.withLock { state -> CheckedContinuation<[StoredCommandID], Never>? in
            guard !state.isClosed else { return nil }
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            if state.waiting.count < RedisStreamsConfiguration.announcementCapacity { state.waiting.append(command) }
            return nil
        }
        reader?.resume(returning: [command])
    }

    /// Everything there is, waiting until there is something; empty once it was closed.
    func takeAll() async -> [StoredCommandID] {
        await withCheckedContinuation { continuation in
            let (ready, earlier) = state.withLock { state -> ([StoredCommandID]?, Reader?) in
                if !state.waiting.isEmpty || state.isClosed {
                    defer { state.waiting = [] }
                    return (state.waiting, nil)
                }
                // A second reader takes the first one's place, which goes on empty.
                defer { state.reader = continuation }
                return (nil, state.reader)
            }
            earlier?.resume(returning: [])
            if let ready { continuation.resume(returning: ready) }
        }
    }

    func close() {
        let reader = state.withLock { state -> Reader? in
            state.isClosed = true
            state.waiting = []
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: [])
    }

    private typealias Reader = CheckedContinuation<[StoredCommandID], Never>
}
