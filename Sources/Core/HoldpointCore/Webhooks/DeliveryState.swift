/// How far a delivery is.
package struct DeliveryState: Sendable, Equatable {
    /// Where it stands.
    package enum Status: String, Sendable, CaseIterable {
        /// It waits for its next attempt; can become either of the others.
        case pending
        /// The receiver took it; can become `pending` again if somebody asks for it.
        case delivered
        /// It was tried for the last time; can become `pending` again if somebody asks for it.
        case failed
    }

    /// Where it stands.
    package let status: Status
    /// Attempts since the event.
    package let attempts: Int64
    /// Attempts since the event, or since somebody asked for another delivery: the place in the schedule.
    package let tries: Int64
    /// While it waits, when its next attempt is due; afterwards, when it may be forgotten.
    package let due: Timestamp
    /// The status of the receiver's last answer, if the last attempt had one.
    package let lastStatus: Int64?
    /// Why the last attempt failed, if it did.
    package let lastError: String?
    /// When the last attempt ended; nil if there was none.
    package let lastAttemptAt: Timestamp?

    package init(
        status: Status, attempts: Int64, tries: Int64, due: Timestamp, lastStatus: Int64?, lastError: String?,
        lastAttemptAt: Timestamp?
    ) {
        self.status = status
        self.attempts = attempts
        self.tries = tries
        self.due = due
        self.lastStatus = lastStatus
        self.lastError = lastError
        self.lastAttemptAt = lastAttemptAt
    }

    /// That of a delivery that is due at once.
    package init(from time: Timestamp) {
        self.init(
            status: .pending, attempts: 0, tries: 0, due: time, lastStatus: nil, lastError: nil, lastAttemptAt: nil)
    }

    /// What follows from an attempt; nil if nothing does.
    ///
    /// - Parameter random: spreads the next attempts of many deliveries that failed together.
    package func after(_ verdict: DeliveryVerdict, at now: Timestamp, random: UInt64) -> DeliveryState? {
        switch verdict {
        case .postponed: return nil
        case .delivered(let status):
            return next(.delivered, now, lasting: WebhookLimits.deliveredMilliseconds, status, nil)
        case .unwanted:
            return next(
                .failed, now, lasting: WebhookLimits.failedMilliseconds, 410,
                "the receiver answered 410: it wants nothing any more")
        case .gone:
            return next(
                .failed, now, lasting: WebhookLimits.failedMilliseconds, nil,
                "the event is not there any more: its session was retired")
        case .failed(let status, let reason, let pause):
            guard let rest = DeliverySchedule.delay(after: tries + 1, random: random) else {
                return next(.failed, now, lasting: WebhookLimits.failedMilliseconds, status, reason)
            }
            return next(.pending, now, lasting: max(rest, pause ?? 0), status, reason)
        }
    }

    /// That of a delivery that somebody asks for again: due at once, and from the beginning of the schedule.
    package func wantedAgain(at now: Timestamp) -> DeliveryState {
        DeliveryState(
            status: .pending, attempts: attempts, tries: 0, due: now, lastStatus: lastStatus, lastError: lastError,
            lastAttemptAt: lastAttemptAt)
    }

    private func next(
        _ status: Status, _ now: Timestamp, lasting milliseconds: Int64, _ lastStatus: Int64?, _ lastError: String?
    ) -> DeliveryState {
        DeliveryState(
            status: status, attempts: attempts + 1, tries: tries + 1, due: now.adding(milliseconds: milliseconds),
            lastStatus: lastStatus, lastError: lastError, lastAttemptAt: now)
    }
}

/// When attempts at a delivery follow one another: the schedule that Standard Webhooks recommends, about three days.
package enum DeliverySchedule {
    /// Milliseconds after each attempt but the last.
    package static let delays: [Int64] = [
        5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000,
    ]

    /// How many milliseconds the next attempt waits, up to a tenth more than the schedule has; nil after the last.
    package static func delay(after attempts: Int64, random: UInt64) -> Int64? {
        guard attempts >= 1, attempts <= delays.count else { return nil }
        let delay = delays[Int(attempts) - 1]
        return delay + Int64(random % UInt64(delay / 10 + 1))
    }
}
