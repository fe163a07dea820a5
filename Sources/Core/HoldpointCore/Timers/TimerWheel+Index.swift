// The array of entries, and the index from keys to entries: chains that run through the entries themselves, for a
// dictionary beside them would hold every key twice.

extension TimerWheel {
    /// Fills a free entry, or a new one.
    mutating func allocate(_ key: Key, _ deadline: Timestamp) -> Int32 {
        let none = TimerWheelIndex.none
        let entry = TimerEntry(key: key, deadline: deadline, next: none, previous: none, chain: none)
        if firstFree != none {
            let index = firstFree
            firstFree = entries[Int(index)].next
            entries[Int(index)] = entry
            return index
        }
        if entries.count == entries.capacity {
            // Doubling would leave up to half of the room unused.
            entries.reserveCapacity(entries.count + max(entries.count / 2, 16))
        }
        entries.append(entry)
        return Int32(truncatingIfNeeded: entries.count - 1)
    }

    /// Gives an entry back to the free list.
    mutating func release(_ index: Int32) {
        entries[Int(index)].next = firstFree
        firstFree = index
    }

    /// The entry of a key.
    func find(_ key: Key) -> Int32? {
        var index = buckets[bucket(of: key)]
        while index != TimerWheelIndex.none {
            if entries[Int(index)].key == key { return index }
            index = entries[Int(index)].chain
        }
        return nil
    }

    /// Enters an entry whose key is not in the index.
    mutating func insertIntoIndex(_ index: Int32) {
        if count >= buckets.count { doubleBuckets() }
        let bucket = bucket(of: entries[Int(index)].key)
        entries[Int(index)].chain = buckets[bucket]
        buckets[bucket] = index
    }

    /// Takes a key out of the index and returns its entry.
    mutating func removeFromIndex(_ key: Key) -> Int32? {
        let bucket = bucket(of: key)
        var previous = TimerWheelIndex.none
        var index = buckets[bucket]
        while index != TimerWheelIndex.none {
            let following = entries[Int(index)].chain
            if entries[Int(index)].key == key {
                if previous == TimerWheelIndex.none {
                    buckets[bucket] = following
                } else {
                    entries[Int(previous)].chain = following
                }
                return index
            }
            previous = index
            index = following
        }
        return nil
    }

    private func bucket(of key: Key) -> Int { key.hashValue & (buckets.count - 1) }

    private mutating func doubleBuckets() {
        let old = buckets
        buckets = [Int32](repeating: TimerWheelIndex.none, count: old.count * 2)
        for first in old {
            var index = first
            while index != TimerWheelIndex.none {
                let following = entries[Int(index)].chain
                let bucket = bucket(of: entries[Int(index)].key)
                entries[Int(index)].chain = buckets[bucket]
                buckets[bucket] = index
                index = following
            }
        }
    }
}

extension TimerWheel {
    /// Entries that there is room for without growing.
    package var slabCapacity: Int { entries.capacity }

    /// Bytes that the wheel holds, to be compared with `count`.
    package var residentBytes: Int {
        entries.capacity * MemoryLayout<TimerEntry<Key>>.stride
            + (buckets.capacity + slots.capacity) * MemoryLayout<Int32>.stride
            + occupied.capacity * MemoryLayout<UInt64>.stride
    }
}
