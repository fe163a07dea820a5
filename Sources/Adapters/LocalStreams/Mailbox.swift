import EventLoop

/// A queue that says itself what it does when it is full.
protocol BoundedQueue: Sendable {
    associatedtype Element: Sendable

    /// Adds an element, or what is left of it.
    mutating func append(_ element: Element)

    /// Removes and returns everything.
    mutating func takeAll() -> [Element]
}

/// Any number of writers, who never wait, and one reader, who waits until there is something.
final class Mailbox<Queue: BoundedQueue>: Sendable {
    private struct State: Sendable {
        var queue: Queue
        var reader: UnsafeContinuation<[Queue.Element], Never>?
        var isClosed = false
    }

    private let state: Locked<State>

    init(_ queue: Queue) {
        state = Locked(State(queue: queue))
    }

    func put(_ element: Queue.Element) {
        let woken = state.withLock { state -> (UnsafeContinuation<[Queue.Element], Never>, [Queue.Element])? in
            if state.isClosed { return nil }
            state.queue.append(element)
            guard let reader = state.reader else { return nil }
            state.reader = nil
            return (reader, state.queue.takeAll())
        }
        if let (reader, elements) = woken { reader.resume(returning: elements) }
    }

    /// Everything there is, waiting until there is something; empty once the mailbox was closed.
    func takeAll() async -> [Queue.Element] {
        await withUnsafeContinuation { continuation in
            let ready = state.withLock { state -> [Queue.Element]? in
                let elements = state.queue.takeAll()
                if !elements.isEmpty || state.isClosed { return elements }
                // A second reader would be left waiting for ever: it takes the first one's place, which goes on empty.
                let earlier = state.reader
                state.reader = continuation
                earlier?.resume(returning: [])
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }

    func close() {
        let reader = state.withLock { state -> UnsafeContinuation<[Queue.Element], Never>? in
            state.isClosed = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: [])
    }
}
