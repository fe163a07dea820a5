/// The shape of every `TimerWheel`.
package enum TimerWheelLayout {
    /// Milliseconds of one tick, the width of a slot of the lowest level; 64, so that a shift divides by it.
    package static let tickMilliseconds: Int64 = 1 << tickBits
    /// Levels; each slot of one spans a whole turn of the level below.
    package static let levels = 4
    /// Slots of each level.
    package static let slotsPerLevel = 1 << slotBits

    static let tickBits: UInt64 = 6
    static let slotBits: UInt64 = 8
    /// Slots of all levels, and one more for what lies beyond them.
    static let slots = levels * slotsPerLevel + 1
    /// Ticks that the levels span together: 2^32, which is 8.7 years.
    static let horizonBits = slotBits * UInt64(levels)
}

/// Deadlines by key, on a hierarchical timing wheel: arming, moving and cancelling take constant time.
///
/// Each level is indexed by eight bits of the deadline's tick. An entry lies on the level of the highest eight bits in
/// which its tick differs from the cursor's, and moves down when the cursor enters its slot; what differs above all
/// levels waits in one more list and is looked at when the cursor crosses the horizon, once in 8.7 years. Empty slots
/// are skipped by bit maps. Entries live in one array and hold the links of their slot's list and of the key index:
/// with a key of 16 bytes an entry takes 40, and at most 68 with the room for growth.
package struct TimerWheel<Key: Hashable & Sendable>: Sendable {
    /// The number of armed keys.
    package private(set) var count = 0

    /// A time no later than the next deadline; nil when nothing is armed.
    ///
    /// It is a lower bound: after `advance` it is the next deadline itself if that is less than one turn of the lowest
    /// level (16 s) away, and otherwise the time at which to look again; always later than the time advanced to.
    /// Cancelling and moving leave it as it is, which costs at most one needless `advance`.
    package private(set) var nextDeadline: Timestamp?

    /// The tick up to which everything was fired; the time it stands for never goes back.
    var cursor: UInt64
    var entries: [TimerEntry<Key>] = []
    /// The first free entry; free entries are linked by `next`.
    var firstFree = TimerWheelIndex.none
    /// The first entry of each slot's circular list.
    var slots = [Int32](repeating: TimerWheelIndex.none, count: TimerWheelLayout.slots)
    /// One bit for each slot of each level that has entries.
    var occupied = [UInt64](
        repeating: 0, count: TimerWheelLayout.levels * TimerWheelLayout.slotsPerLevel / UInt64.bitWidth)
    /// The first entry of each chain of the key index; the count is a power of two.
    var buckets = [Int32](repeating: TimerWheelIndex.none, count: 16)

    /// An empty wheel; `now` only saves work, deadlines before it are fired all the same.
    package init(now: Timestamp = Timestamp(milliseconds: 0)) {
        cursor = Self.tick(of: now)
    }

    /// Arms a key, or moves it if it is armed; a deadline in the past is due at the next `advance`.
    package mutating func set(_ key: Key, deadline: Timestamp) {
        cancel(key)
        let index = allocate(key, deadline)
        append(index)
        insertIntoIndex(index)
        count += 1
        if nextDeadline.map({ deadline < $0 }) ?? true { nextDeadline = deadline }
    }

    /// Disarms a key; false if it was not armed.
    @discardableResult
    package mutating func cancel(_ key: Key) -> Bool {
        guard let index = removeFromIndex(key) else { return false }
        unlink(index)
        release(index)
        count -= 1
        if count == 0 { nextDeadline = nil }
        return true
    }

    /// The deadline of an armed key.
    package func deadline(of key: Key) -> Timestamp? { find(key).map { entries[Int($0)].deadline } }

    /// Disarms and returns every key whose deadline is not after `now`, by deadline, equal ones in the order of arming.
    ///
    /// Never early. A `now` before an earlier one is taken as it is: nothing fires that is not due then.
    package mutating func advance(to now: Timestamp) -> [Key] {
        let target = max(cursor, Self.tick(of: now))
        var due: [Int32] = []
        collectDue(at: now, into: &due)
        while cursor < target {
            guard let next = nextOccupied(), next.tick <= target else {
                cursor = target
                break
            }
            cursor = next.tick
            if next.slot >= TimerWheelLayout.slotsPerLevel { cascade(next.slot) }
            collectDue(at: now, into: &due)
        }
        let keys = due.map { entries[Int($0)].key }
        for index in due {
            _ = removeFromIndex(entries[Int(index)].key)
            release(index)
        }
        count -= due.count
        nextDeadline = lowerBound()
        return keys
    }

    static func tick(of time: Timestamp) -> UInt64 {
        UInt64(max(time.milliseconds, 0)) >> TimerWheelLayout.tickBits
    }

    /// The time at which a tick begins, in reach of `Timestamp` for every tick that one was made from.
    static func time(of tick: UInt64) -> Timestamp {
        Timestamp(milliseconds: Int64(clamping: tick << TimerWheelLayout.tickBits))
    }
}

/// Entries are named by their place in the array, in 32 bits.
enum TimerWheelIndex {
    static let none: Int32 = -1
}

/// An armed key and its links; in a free entry only `next` counts.
struct TimerEntry<Key: Hashable & Sendable>: Sendable {
    var key: Key
    var deadline: Timestamp
    /// The next one in the circular list of the slot.
    var next: Int32
    /// The one before it; of the first one, the last.
    var previous: Int32
    /// The next one in the chain of the key index.
    var chain: Int32
}
