/// A queue that gives up its room again when it is emptied.
struct Ring<Element> {
    private var elements: [Element?] = []
    private var start = 0

    var isEmpty: Bool { start == elements.count }

    var first: Element? { isEmpty ? nil : elements[start] }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements[start]
        elements[start] = nil
        start += 1
        if isEmpty {
            elements.removeAll(keepingCapacity: elements.capacity <= 4_096)
            start = 0
        } else if start >= 4_096 {
            // Never more than as many empty places as full ones, or as this.
            if start >= elements.count - start {
                elements.removeFirst(start)
                start = 0
            }
        }
        return element
    }

    /// Empties it and returns what it held.
    mutating func removeAll() -> [Element] {
        defer {
            elements = []
            start = 0
        }
        return elements[start...].compactMap { $0 }
    }
}
