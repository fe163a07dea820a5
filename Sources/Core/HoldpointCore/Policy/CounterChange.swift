/// What a session's events change in the counters of its project's policy, committed with them.
package enum CounterChange: Sendable, Equatable {
    /// A call that no human is asked about adds to a counter, which must still have the revision that it was judged by.
    ///
    /// That is the one before the commit, for every call of the same commit.
    case reserve(CounterKey, revision: Int64, CounterEntry)
    /// A call adds to a counter, whatever that has by now: a human is asked about it, or it has left.
    case add(CounterKey, CounterEntry)
    /// A call that waited for a human does not count any more.
    case release(CounterKey, CounterEntryID)

    /// The counter that it changes.
    package var key: CounterKey {
        switch self {
        case .reserve(let key, _, _), .add(let key, _), .release(let key, _): key
        }
    }
}

/// Names what one call adds to one counter, so that to add it twice adds it once.
package struct CounterEntryID: Sendable, Hashable {
    /// The session that calls.
    package let session: SessionKey
    /// The number of the event that proposed the call or asked a human about it; 0 for a value that was seen, of which
    /// one entry of whatever session is enough.
    package let number: Int64

    package init(session: SessionKey, number: Int64) {
        self.session = session
        self.number = number
    }

    /// The same for every session that adds a value which was seen.
    package var shared: CounterEntryID {
        number == 0 ? CounterEntryID(session: SessionKey(Identifier128(high: 0, low: 0)), number: 0) : self
    }
}

/// What one call adds to one counter.
package struct CounterEntry: Sendable, Equatable {
    package let id: CounterEntryID
    /// When the call was judged.
    package let time: Timestamp
    /// One, or the call's amount in millionths; not negative.
    package let amount: Int64
    /// From when on nothing asks for it any more, so that it may be deleted; nil for never.
    package let until: Timestamp?

    package init(id: CounterEntryID, time: Timestamp, amount: Int64, until: Timestamp?) {
        self.id = id
        self.time = time
        self.amount = amount
        self.until = until
    }
}

/// What is asked of a counter.
package struct CounterQuery: Sendable, Hashable {
    /// Which counter.
    package let key: CounterKey
    /// Only entries with a later time count; nil: all.
    package let since: Timestamp?
    /// An entry that is left out: that of the call itself, when it is judged again.
    package let besides: CounterEntryID?

    package init(key: CounterKey, since: Timestamp?, besides: CounterEntryID? = nil) {
        self.key = key
        self.since = since
        self.besides = besides
    }
}

/// What a counter has.
package struct CounterReading: Sendable, Equatable {
    /// Counts what was added to it; 0 if nothing ever was.
    package let revision: Int64
    /// The amounts of the entries that were asked for; at most `Int64.max`.
    package let sum: Int64

    package init(revision: Int64, sum: Int64) {
        self.revision = revision
        self.sum = sum
    }
}
