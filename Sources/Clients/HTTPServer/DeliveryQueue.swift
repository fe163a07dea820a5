/// What is to be written to streams, in order, a slice at a time.
struct DeliveryQueue {
    /// One thing to do.
    enum Delivery {
        case frame(SharedBytes, Connection)
        case fanOut(SharedBytes, [HTTPEventStream])
        case close(Connection)
        case drained(Connection, CheckedContinuation<Bool, Never>)
    }

    /// One step of a slice: a fan-out is many.
    enum Step {
        case frame(SharedBytes, Connection)
        case close(Connection)
        case drained(Connection, CheckedContinuation<Bool, Never>)
    }

    private var items: [Delivery] = []
    private var first = 0
    /// How far the first fan-out has come.
    private var progress = 0
    /// How many frames wait, each counted once for each of its streams.
    private(set) var frameCount = 0
    /// How many bytes of frames wait, a frame for many streams counted once.
    private(set) var byteCount = 0

    var isEmpty: Bool { first == items.count }

    mutating func append(_ delivery: Delivery) {
        switch delivery {
        case .frame(let frame, _):
            frameCount += 1
            byteCount += frame.count
        case .fanOut(let frame, let streams):
            frameCount += streams.count
            byteCount += frame.count
        case .close, .drained: break
        }
        items.append(delivery)
    }

    /// Takes the next step; nil if there is none.
    mutating func next() -> Step? {
        while first < items.count {
            switch items[first] {
            case .frame(let frame, let connection):
                removeFirst()
                frameCount -= 1
                byteCount -= frame.count
                return .frame(frame, connection)
            case .fanOut(let frame, let streams):
                guard progress < streams.count else {
                    byteCount -= frame.count
                    removeFirst()
                    continue
                }
                defer { progress += 1 }
                frameCount -= 1
                return .frame(frame, streams[progress].connection)
            case .close(let connection):
                removeFirst()
                return .close(connection)
            case .drained(let connection, let continuation):
                removeFirst()
                return .drained(connection, continuation)
            }
        }
        return nil
    }

    /// Whether the next step is for a connection, so that what is written to it now can go out with that.
    func isNext(for connection: Connection) -> Bool {
        guard first < items.count else { return false }
        switch items[first] {
        case .frame(_, let next), .close(let next), .drained(let next, _): return next === connection
        case .fanOut(_, let streams): return progress < streams.count && streams[progress].connection === connection
        }
    }

    private mutating func removeFirst() {
        progress = 0
        first += 1
        // Moving what is left is worth it once the dead part is the larger one.
        if first == items.count {
            items.removeAll(keepingCapacity: items.capacity <= 1024)
            first = 0
        } else if first >= 256, first * 2 >= items.count {
            items.removeFirst(first)
            first = 0
        }
    }
}
