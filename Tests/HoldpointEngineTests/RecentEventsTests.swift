import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import Testing

struct RecentEventsTests {
    private static func key(_ number: UInt64) -> SessionKey { SessionKey(Identifier128(high: 1, low: number)) }

    private static func events(_ sequences: ClosedRange<Int64>, bytes: Int = 10) -> [RecordedEvent] {
        sequences.map { sequence in
            RecordedEvent(
                sequence: sequence, time: Timestamp(milliseconds: sequence), type: EventType("step_completed"),
                data: [UInt8](repeating: 32, count: bytes), chain: SimulatedHasher().sha256([1]), isOnFeed: true)
        }
    }

    private static func numbers(_ recent: RecentEvents, after sequence: Int64, head: Int64) -> [Int64]? {
        recent.events(of: key(1), after: sequence, head: head)?.map(\.sequence)
    }

    @Test func `I4: what follows an event is told whole or not at all`() {
        var recent = RecentEvents(capacity: 1_000)
        #expect(Self.numbers(recent, after: 0, head: 0) == nil)
        recent.add(Self.events(3...4), of: Self.key(1))
        recent.add(Self.events(5...5), of: Self.key(1))
        recent.add(Self.events(1...9), of: Self.key(2))
        #expect(Self.numbers(recent, after: 1, head: 5) == nil)
        #expect(Self.numbers(recent, after: 2, head: 5) == [3, 4, 5])
        #expect(Self.numbers(recent, after: 4, head: 5) == [5])
        // Somebody may know of less than what is here already.
        #expect(Self.numbers(recent, after: 4, head: 4) == [5])
        #expect(Self.numbers(recent, after: 5, head: 5) == [])
        #expect(Self.numbers(recent, after: 4, head: 6) == nil)
        #expect(Self.numbers(recent, after: 6, head: 6) == nil)
    }

    @Test func `I4: what comes twice, late or after a gap is not taken in`() {
        var recent = RecentEvents(capacity: 1_000)
        for events in [Self.events(1...2), Self.events(1...2), Self.events(4...4), Self.events(2...3)] {
            recent.add(events, of: Self.key(1))
        }
        recent.add([], of: Self.key(1))
        #expect(Self.numbers(recent, after: 0, head: 2) == [1, 2])
        #expect(Self.numbers(recent, after: 0, head: 4) == nil)
        #expect(recent.byteCount == 20)
        recent.add(Self.events(3...3), of: Self.key(1))
        #expect(Self.numbers(recent, after: 0, head: 3) == [1, 2, 3])
    }

    @Test func `so many bytes are held, and the oldest sessions leave first`() {
        var recent = RecentEvents(capacity: 100)
        for number: UInt64 in 1...1_000 {
            recent.add(Self.events(1...2), of: Self.key(number))
            #expect(recent.byteCount <= 100)
        }
        for number: UInt64 in 1...1_000 {
            let isHeld = recent.events(of: Self.key(number), after: 0, head: 2) != nil
            #expect(isHeld == (number > 995))
        }
        // What is larger than all of it is not held, and makes room for what comes next.
        recent.add(Self.events(1...1, bytes: 101), of: Self.key(1))
        #expect(recent.byteCount == 0)
        recent.add(Self.events(1...2), of: Self.key(2))
        #expect(recent.events(of: Self.key(2), after: 0, head: 2) != nil)
    }
}
