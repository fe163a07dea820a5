// The lists of the slots: where an entry belongs, how it gets there, and what comes next.

extension TimerWheel {
    /// The slot of an entry under the present cursor; the last slot is that of everything beyond the horizon.
    private func slot(of deadline: Timestamp) -> Int {
        let tick = Self.tick(of: deadline)
        // What is late already lies with what is due now.
        guard tick > cursor else { return Self.digit(of: cursor, level: 0) }
        let highestBit = UInt64.bitWidth - 1 - (tick ^ cursor).leadingZeroBitCount
        let level = highestBit / Int(TimerWheelLayout.slotBits)
        guard level < TimerWheelLayout.levels else { return TimerWheelLayout.slots - 1 }
        return level * TimerWheelLayout.slotsPerLevel + Self.digit(of: tick, level: level)
    }

    private static func digit(of tick: UInt64, level: Int) -> Int {
        Int(tick >> (TimerWheelLayout.slotBits * UInt64(level))) & (TimerWheelLayout.slotsPerLevel - 1)
    }

    /// Appends an entry to its slot's list; entries of equal deadlines share a slot, so they stay in order.
    mutating func append(_ index: Int32) {
        let slot = slot(of: entries[Int(index)].deadline)
        let first = slots[slot]
        if first == TimerWheelIndex.none {
            entries[Int(index)].next = index
            entries[Int(index)].previous = index
            slots[slot] = index
            setOccupied(slot, true)
        } else {
            let last = entries[Int(first)].previous
            entries[Int(index)].next = first
            entries[Int(index)].previous = last
            entries[Int(last)].next = index
            entries[Int(first)].previous = index
        }
    }

    /// Takes an entry out of its slot's list.
    mutating func unlink(_ index: Int32) {
        let entry = entries[Int(index)]
        let slot = slot(of: entry.deadline)
        if entry.next == index {
            slots[slot] = TimerWheelIndex.none
            setOccupied(slot, false)
            return
        }
        entries[Int(entry.previous)].next = entry.next
        entries[Int(entry.next)].previous = entry.previous
        if slots[slot] == index { slots[slot] = entry.next }
    }

    /// Puts the entries of a slot that the cursor has entered where they belong now.
    mutating func cascade(_ slot: Int) {
        for index in members(of: slot) {
            // The list is taken apart as a whole: what unlinking looks up has changed with the cursor.
            append(index)
        }
    }

    /// Empties a slot and returns its entries in order.
    private mutating func members(of slot: Int) -> [Int32] {
        var members: [Int32] = []
        let first = slots[slot]
        guard first != TimerWheelIndex.none else { return members }
        var index = first
        repeat {
            members.append(index)
            index = entries[Int(index)].next
        } while index != first
        slots[slot] = TimerWheelIndex.none
        setOccupied(slot, false)
        return members
    }

    /// Moves what is due from the cursor's slot to `due`, by deadline.
    mutating func collectDue(at now: Timestamp, into due: inout [Int32]) {
        let slot = Self.digit(of: cursor, level: 0)
        guard slots[slot] != TimerWheelIndex.none else { return }
        var found: [Int32] = []
        for index in members(of: slot) {
            if entries[Int(index)].deadline <= now { found.append(index) } else { append(index) }
        }
        // The place in the list decides between equal deadlines.
        let ordered = found.enumerated().sorted { left, right in
            (entries[Int(left.element)].deadline, left.offset) < (entries[Int(right.element)].deadline, right.offset)
        }
        due.append(contentsOf: ordered.lazy.map(\.element))
    }

    /// The next slot after the cursor's that has entries, with the tick at which it begins.
    func nextOccupied() -> (tick: UInt64, slot: Int)? {
        for level in 0..<TimerWheelLayout.levels {
            let digit = Self.digit(of: cursor, level: level)
            guard let found = nextOccupied(level: level, after: digit) else { continue }
            let shift = TimerWheelLayout.slotBits * UInt64(level)
            let turn = cursor >> (shift + TimerWheelLayout.slotBits)
            let tick = (turn << TimerWheelLayout.slotBits | UInt64(found)) << shift
            return (tick, level * TimerWheelLayout.slotsPerLevel + found)
        }
        guard slots[TimerWheelLayout.slots - 1] != TimerWheelIndex.none else { return nil }
        let horizon = (cursor >> TimerWheelLayout.horizonBits + 1) << TimerWheelLayout.horizonBits
        return (horizon, TimerWheelLayout.slots - 1)
    }

    /// A time no later than any deadline: exact on the lowest level, the beginning of the slot above it.
    func lowerBound() -> Timestamp? {
        guard count > 0 else { return nil }
        let current = Self.digit(of: cursor, level: 0)
        if let earliest = earliest(in: current) { return earliest }
        guard let next = nextOccupied() else { return nil }
        return next.slot < TimerWheelLayout.slotsPerLevel ? earliest(in: next.slot) : Self.time(of: next.tick)
    }

    private func earliest(in slot: Int) -> Timestamp? {
        let first = slots[slot]
        guard first != TimerWheelIndex.none else { return nil }
        var earliest = entries[Int(first)].deadline
        var index = entries[Int(first)].next
        while index != first {
            earliest = min(earliest, entries[Int(index)].deadline)
            index = entries[Int(index)].next
        }
        return earliest
    }

    private mutating func setOccupied(_ slot: Int, _ isOccupied: Bool) {
        // The list beyond the horizon is the only one of its kind and has no bit.
        guard slot < TimerWheelLayout.slots - 1 else { return }
        let bit: UInt64 = 1 << UInt64(slot % UInt64.bitWidth)
        if isOccupied { occupied[slot / UInt64.bitWidth] |= bit } else { occupied[slot / UInt64.bitWidth] &= ~bit }
    }

    private func nextOccupied(level: Int, after digit: Int) -> Int? {
        let wordsPerLevel = TimerWheelLayout.slotsPerLevel / UInt64.bitWidth
        let start = digit + 1
        for word in (start / UInt64.bitWidth)..<max(wordsPerLevel, start / UInt64.bitWidth) {
            var bits = occupied[level * wordsPerLevel + word]
            if word == start / UInt64.bitWidth { bits &= UInt64.max << UInt64(start % UInt64.bitWidth) }
            if bits != 0 { return word * UInt64.bitWidth + bits.trailingZeroBitCount }
        }
        return nil
    }
}
