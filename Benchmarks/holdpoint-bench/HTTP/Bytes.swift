import Glibc

extension [UInt8] {
    /// Where a text begins, from a place on.
    func place(of text: StaticString, from start: Int = 0) -> Int? {
        let length = text.utf8CodeUnitCount
        return withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            var place = start
            while place + length <= bytes.count {
                // Only where the first byte stands can the text stand.
                let first = Int32(text.utf8Start[0])
                guard let found = memchr(base + place, first, bytes.count - length + 1 - place) else { return nil }
                place = UnsafeRawPointer(found) - base
                if memcmp(base + place, text.utf8Start, length) == 0 { return place }
                place += 1
            }
            return nil
        }
    }

    /// The bytes of a range as text.
    func text(_ range: Range<Int>) -> String { String(decoding: self[range], as: UTF8.self) }

    /// What follows a mark, up to an end; nil if either is missing.
    func text(after mark: StaticString, upTo end: StaticString) -> String? {
        guard let place = place(of: mark) else { return nil }
        let start = place + mark.utf8CodeUnitCount
        return self.place(of: end, from: start).map { text(start..<$0) }
    }
}
