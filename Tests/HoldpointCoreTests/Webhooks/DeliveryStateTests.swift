import HoldpointCore
import Testing

/// When a receiver is asked again, and when no more.
struct DeliveryStateTests {
    private static let now = Timestamp(milliseconds: 784_111_777_000)

    private func outcome(_ status: Int, _ headers: [(String, String)] = []) throws -> HTTPCall.Outcome {
        .answered(
            HTTPCall.Answer(
                status: status, headers: headers.map { HTTPCall.Header(received: $0.0, $0.1) },
                body: Array("secret words".utf8), url: try WebURL("https://example.org/")))
    }

    private func verdict(_ status: Int, retryAfter: String? = nil) throws -> DeliveryVerdict {
        DeliveryVerdict(of: try outcome(status, retryAfter.map { [("retry-after", $0)] } ?? []), at: Self.now)
    }

    @Test func `only a status from 200 to 299 is success`() throws {
        for status in [200, 201, 204, 299] { #expect(try verdict(status) == .delivered(status: Int64(status))) }
        for status in [100, 199, 300, 301, 307, 308, 400, 404, 409, 429, 500, 503] {
            let reason = "the receiver answered \(status)"
            #expect(try verdict(status) == .failed(status: Int64(status), reason: reason, pause: nil))
        }
        #expect(try verdict(410) == .unwanted)
    }

    @Test func `what was not sent for a reason of this node's own does not count`() {
        for failure: HTTPCall.Failure in [.overloaded, .notPermitted, .cancelled] {
            #expect(DeliveryVerdict(of: .notPerformed(failure), at: Self.now) == .postponed)
            #expect(DeliveryVerdict(of: .unknown(failure), at: Self.now) == .postponed)
        }
        for failure: HTTPCall.Failure in [
            .addressRefused(.loopback), .unreachable, .insecure, .timedOut, .cutOff, .answerTooLarge(limitBytes: 9),
            .redirectRefused(.tooMany), .invalid,
        ] {
            let expected = DeliveryVerdict.failed(status: nil, reason: failure.description, pause: nil)
            #expect(DeliveryVerdict(of: .unknown(failure), at: Self.now) == expected)
        }
        let state = DeliveryState(from: Self.now)
        #expect(state.after(.postponed, at: Self.now, random: 1) == nil)
    }

    @Test(arguments: [
        ("0", 0), ("7", 7_000), ("86400", 86_400_000), ("86401", 86_400_000),
        ("99999999999999999999999", 86_400_000), ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sun, 06 Nov 1994 08:50:07 GMT", 30_000), ("Sun, 06 Nov 1994 08:49:07 GMT", 0),
        ("Mon, 06 Nov 2094 08:49:37 GMT", 86_400_000),
    ])
    func `a pause that the receiver asks for is honoured, a day at most`(text: String, milliseconds: Int64) throws {
        guard case .failed(_, _, let pause) = try verdict(503, retryAfter: text) else { return #expect(Bool(false)) }
        #expect(pause == milliseconds)
    }

    @Test(arguments: [
        "", "-1", "1.5", "soon", "7 s", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Noi 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "٣",
    ])
    func `what is no pause is none`(text: String) throws {
        #expect(try verdict(503, retryAfter: text) == verdict(503))
    }

    @Test func `attempts follow the schedule, and the last one fails for good`() {
        #expect(
            DeliverySchedule.delays
                == [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].map { $0 * 1_000 })
        #expect(Int64(DeliverySchedule.delays.count) + 1 == Int64(WebhookLimits.attempts))
        var state = DeliveryState(from: Self.now)
        var time = Self.now
        let failed = DeliveryVerdict.failed(status: 500, reason: "r", pause: nil)
        for (index, delay) in DeliverySchedule.delays.enumerated() {
            guard let next = state.after(failed, at: time, random: .max) else { return #expect(Bool(false)) }
            let attempts = Int64(index) + 1
            #expect(next.status == .pending && next.attempts == attempts && next.tries == attempts)
            #expect(next.lastStatus == 500 && next.lastError == "r" && next.lastAttemptAt == time)
            let rest = next.due.milliseconds - time.milliseconds
            #expect(delay...(delay + delay / 10) ~= rest)
            state = next
            time = next.due
        }
        let last = state.after(failed, at: time, random: 0)
        #expect(last?.status == .failed && last?.attempts == 10)
        #expect(last?.due == time.adding(milliseconds: WebhookLimits.failedMilliseconds))
    }

    @Test func `those that failed together are spread over a tenth of the pause`() {
        let delays = Set((0..<1_000).compactMap { DeliverySchedule.delay(after: 2, random: UInt64($0) &* 7_919) })
        #expect(delays.min() == 300_000)
        #expect(delays.max() ?? 0 > 329_000 && delays.max() ?? 0 <= 330_000)
        #expect(delays.count > 900)
        for attempts: Int64 in [-1, 0, 10, 11, .max] {
            #expect(DeliverySchedule.delay(after: attempts, random: 0) == nil)
        }
    }

    @Test func `a longer pause counts for more than the schedule, a shorter one does not`() {
        let state = DeliveryState(from: Self.now)
        let long = state.after(.failed(status: 429, reason: "r", pause: 60_000), at: Self.now, random: 0)
        #expect(long?.due == Self.now.adding(milliseconds: 60_000))
        let short = state.after(.failed(status: 429, reason: "r", pause: 1_000), at: Self.now, random: 0)
        #expect(short?.due == Self.now.adding(milliseconds: 5_000))
    }

    @Test func `what is taken, unwanted or gone is tried no more, and somebody may ask for it again`() {
        let state = DeliveryState(from: Self.now)
        let delivered = state.after(.delivered(status: 204), at: Self.now, random: 0)
        #expect(delivered?.status == .delivered && delivered?.lastStatus == 204 && delivered?.lastError == nil)
        #expect(delivered?.due == Self.now.adding(milliseconds: WebhookLimits.deliveredMilliseconds))
        let unwanted = state.after(.unwanted, at: Self.now, random: 0)
        #expect(unwanted?.status == .failed && unwanted?.lastStatus == 410)
        let gone = state.after(.gone, at: Self.now, random: 0)
        #expect(gone?.status == .failed && gone?.lastStatus == nil && gone?.lastError != nil)
        let later = Self.now.adding(milliseconds: 9)
        let again = unwanted?.wantedAgain(at: later)
        #expect(again?.status == .pending && again?.due == later && again?.tries == 0 && again?.attempts == 1)
    }
}
