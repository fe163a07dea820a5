import EventLoop

/// A queue that says itself what it does when it is full.
protocol BoundedQueue: Sendable {
    associatedtype Element: Sendable

    /// Whether nothing waits.
    var isEmpty: Bool { get }

    /// Adds an element, or what is left of it.
    mutating func append(_ element: Element)

    /// Removes and returns everything.
    mutating func takeAll() -> [Element]
}

/// Any number of writers, who never wait, and one reader, who waits until there is something.
final class Mailbox<Queue: BoundedQueue>: Sendable {
    private struct State: Sendable {
        var queue: Queue
        var reader: UnsafeContinuation<Void, Never>?
        var isClosed = false
    }

    private let state: Locked<State>

    init(_ queue: Queue) {
        state = Locked(State(queue: queue))
    }

    func put(_ element: Queue.Element) {
        let reader = state.withLock { state -> UnsafeContinuation<Void, Never>? in
            if state.isClosed { return nil }
            state.queue.append(element)
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// Everything there is, waiting until there is something; empty once the mailbox was closed.
    ///
    /// What comes between the waking of the reader and its turn is returned, too.
    func takeAll() async -> [Queue.Element] {
        await withUnsafeContinuation { continuation in
            let isReady = state.withLock { state -> Bool in
                if !state.queue.isEmpty || state.isClosed { return true }
                // A second reader would be left waiting for ever: it takes the first one's place, which goes on empty.
                let earlier = state.reader
                state.reader = continuation
                earlier?.resume()
                return false
            }
            if isReady { continuation.resume() }
        }
        return state.withLock { $0.queue.takeAll() }
    }

    func close() {
        let reader = state.withLock { state -> UnsafeContinuation<Void, Never>? in
            state.isClosed = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }
}
