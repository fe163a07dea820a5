import HoldpointCore
import HoldpointPorts
import Testing

/// How a node's clock follows the store's.
struct TimeAgreementTests {
    /// A node's clock that shows 1,000,000 when the monotonic one shows 500.
    private static func fresh() -> TimeAgreement {
        TimeAgreement(with: Timestamp(milliseconds: 1_000_000), at: 500)
    }

    @Test func `without a measurement it is the node's own time`() {
        #expect(Self.fresh().time(at: 500).milliseconds == 1_000_000)
        #expect(Self.fresh().time(at: 60_500).milliseconds == 1_060_000)
    }

    @Test(arguments: [2_000_000, 1_000_000, 10] as [Int64])
    func `the first measurement is taken over at once, forward and back`(store: Int64) {
        var agreement = Self.fresh()
        agreement.agree(on: Timestamp(milliseconds: store), at: 600)
        #expect(agreement.time(at: 600).milliseconds == store)
        #expect(agreement.time(at: 700).milliseconds == store + 100)
    }

    @Test func `a store that is ahead is followed at once`() {
        var agreement = Self.fresh()
        agreement.agree(on: Timestamp(milliseconds: 1_000_000), at: 500)
        agreement.agree(on: Timestamp(milliseconds: 1_009_000), at: 1_500)
        #expect(agreement.time(at: 1_500).milliseconds == 1_009_000)
    }

    @Test func `an answer that took long does not set the clock back`() {
        var agreement = Self.fresh()
        for number in 0..<Int64(TimeAgreement.measurements) {
            let delay: Int64 = number == 0 ? 0 : 700
            agreement.agree(
                on: Timestamp(milliseconds: 1_000_000 + number * 1_000 - delay), at: 500 + number * 1_000)
        }
        let end = Int64(TimeAgreement.measurements - 1) * 1_000
        #expect(agreement.time(at: 500 + end).milliseconds == 1_000_000 + end)
    }

    @Test func `a clock that is ahead never goes back: it goes at half pace until the store's has caught up`() {
        var agreement = Self.fresh()
        agreement.agree(on: Timestamp(milliseconds: 1_000_000), at: 0)
        // The store's clock is set back by ten seconds.
        var last: Int64 = 0
        var caughtUp: Int64?
        for second in 1...60 as ClosedRange<Int64> {
            let store = 990_000 + second * 1_000
            agreement.agree(on: Timestamp(milliseconds: store), at: second * 1_000)
            for step in stride(from: Int64(0), to: 1_000, by: 7) {
                let now = agreement.time(at: second * 1_000 + step).milliseconds
                #expect(now >= last)
                #expect(now >= store + step)
                last = now
            }
            if agreement.time(at: second * 1_000).milliseconds == store { caughtUp = caughtUp ?? second }
        }
        // It is believed once no measurement before it is left, and then takes twice the difference.
        let expected = Int64(TimeAgreement.measurements) + 20
        #expect(caughtUp.map { abs($0 - expected) <= 1 } == true)
    }
}
