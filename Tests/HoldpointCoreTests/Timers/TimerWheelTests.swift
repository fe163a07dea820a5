import HoldpointCore
import Testing

/// The wheel's contract, written down as plainly as possible.
private struct NaiveTimers {
    private var armed: [(key: Int, deadline: Int64)] = []

    var count: Int { armed.count }
    var earliest: Int64? { armed.map(\.deadline).min() }

    mutating func set(_ key: Int, deadline: Int64) {
        cancel(key)
        armed.append((key, deadline))
    }

    mutating func cancel(_ key: Int) { armed.removeAll { $0.key == key } }

    mutating func advance(to now: Int64) -> [Int] {
        let due = armed.enumerated().filter { $0.element.deadline <= now }
            .sorted { ($0.element.deadline, $0.offset) < ($1.element.deadline, $1.offset) }
        armed.removeAll { $0.deadline <= now }
        return due.map(\.element.key)
    }
}

private func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

@Suite struct TimerWheelTests {
    /// Spans from within one tick to beyond the horizon of 2^32 ticks.
    private static let spans: [Int64] = [40, 64, 3_000, 16_384, 4_000_000, 90_000_000, 1 << 31, 1 << 36, 1 << 41]

    @Test(arguments: 0..<40) func `random operations agree with a plain list`(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var now: Int64 = seed.isMultiple(of: 3) ? 0 : 1_795_000_000_000 + Int64(seed) * 12_345_678_901
        var wheel = TimerWheel<Int>(now: at(seed.isMultiple(of: 2) ? now : 0))
        var naive = NaiveTimers()
        var fired = 0
        for _ in 0..<1_500 {
            switch random.below(10) {
            case 0..<6:
                let span = Self.spans[random.below(Self.spans.count)]
                // Rounding makes equal deadlines common.
                let deadline = (now + Int64.random(in: -200...span, using: &random)) / 8 * 8
                let key = random.below(300)
                wheel.set(key, deadline: at(deadline))
                naive.set(key, deadline: deadline)
            case 6:
                let key = random.below(300)
                let wasArmed = wheel.deadline(of: key) != nil
                #expect(wheel.cancel(key) == wasArmed)
                naive.cancel(key)
            default:
                let span = Self.spans[random.below(Self.spans.count)]
                let step = random.oneIn(8) ? -Int64.random(in: 0...5_000, using: &random) : span / 3
                now += step
                let due = wheel.advance(to: at(now))
                fired += due.count
                #expect(due == naive.advance(to: now))
                if let next = wheel.nextDeadline { #expect(next > at(now)) }
            }
            #expect(wheel.count == naive.count)
            #expect((wheel.nextDeadline == nil) == (naive.earliest == nil))
            if let next = wheel.nextDeadline, let earliest = naive.earliest { #expect(next <= at(earliest)) }
        }
        #expect(fired > 100)
    }

    @Test func `a deadline fires at its millisecond and not before`() {
        var wheel = TimerWheel<String>(now: at(1_000))
        wheel.set("a", deadline: at(50_001))
        #expect(wheel.advance(to: at(50_000)).isEmpty)
        #expect(wheel.nextDeadline == at(50_001))
        #expect(wheel.advance(to: at(50_001)) == ["a"])
        #expect(wheel.nextDeadline == nil)
        #expect(wheel.advance(to: at(60_000)).isEmpty)
    }

    @Test func `equal deadlines fire in the order of arming, whatever level they wait on`() {
        var wheel = TimerWheel<Int>()
        wheel.set(1, deadline: at(5_000_000))
        #expect(wheel.advance(to: at(4_980_000)).isEmpty)
        wheel.set(2, deadline: at(5_000_000))
        #expect(wheel.advance(to: at(4_999_990)).isEmpty)
        wheel.set(3, deadline: at(5_000_000))
        wheel.set(4, deadline: at(4_999_999))
        #expect(wheel.advance(to: at(5_000_000)) == [4, 1, 2, 3])
    }

    @Test func `arming an armed key moves it`() {
        var wheel = TimerWheel<Int>()
        wheel.set(1, deadline: at(100))
        wheel.set(1, deadline: at(9_000))
        #expect(wheel.count == 1)
        #expect(wheel.advance(to: at(8_999)).isEmpty)
        wheel.set(1, deadline: at(50))
        #expect(wheel.advance(to: at(8_999)) == [1])
    }

    @Test func `time that goes back fires nothing early`() {
        var wheel = TimerWheel<Int>()
        #expect(wheel.advance(to: at(1_000_000)).isEmpty)
        wheel.set(1, deadline: at(500_000))
        #expect(wheel.advance(to: at(499_999)).isEmpty)
        #expect(wheel.nextDeadline == at(500_000))
        #expect(wheel.advance(to: at(500_000)) == [1])
    }

    @Test func `the ends of time are armed and fired like any other`() {
        var wheel = TimerWheel<Int>(now: at(-5))
        wheel.set(1, deadline: at(-9))
        wheel.set(2, deadline: .distantFuture)
        wheel.set(3, deadline: at(Int64.max))
        #expect(wheel.advance(to: at(0)) == [1])
        #expect(wheel.cancel(3) == true)
        #expect(wheel.cancel(3) == false)
        #expect(wheel.advance(to: .distantFuture) == [2])
    }

    @Test func `looking again at each bound reaches a deadline of ten years in few steps`() {
        var now = at(1_795_000_000_123)
        var wheel = TimerWheel<Int>(now: now)
        let deadline = now.adding(milliseconds: RequestLimits.expirySeconds * 1_000)
        wheel.set(1, deadline: deadline)
        var steps = 0
        var due = wheel.advance(to: now)
        while due.isEmpty, steps < 20, let next = wheel.nextDeadline {
            now = next
            due = wheel.advance(to: now)
            steps += 1
        }
        #expect(due == [1])
        #expect(now == deadline)
        #expect(steps <= TimerWheelLayout.levels + 3)
    }

    @Test func `entries are used again, so that turnover does not grow the wheel`() {
        var wheel = TimerWheel<Identifier128>()
        for round in 0..<50 {
            for key in 0..<100 {
                let identifier = Identifier128(high: UInt64(round), low: UInt64(key))
                wheel.set(identifier, deadline: at(Int64(round * 1_000 + key)))
            }
            #expect(wheel.advance(to: at(Int64(round * 1_000 + 999))).count == 100)
        }
        #expect(wheel.slabCapacity < 200)
    }

    @Test func `an armed key takes at most 90 bytes`() {
        var wheel = TimerWheel<Identifier128>()
        for key in 0..<100_000 {
            wheel.set(Identifier128(high: UInt64(key), low: UInt64(key)), deadline: at(Int64(key) * 977))
        }
        #expect(wheel.residentBytes <= 90 * wheel.count)
    }
}
