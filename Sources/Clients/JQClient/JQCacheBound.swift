/// When a worker drops the programs that it keeps; its parent follows the same rule, and so knows what it keeps.
struct JQCacheBound {
    private let programs: Int
    private let bytes: Int
    private var programsKept = 0
    private var bytesKept = 0

    init(programs: Int, bytes: Int) {
        self.programs = programs
        self.bytes = bytes
    }

    /// Counts a program that is about to be kept; returns whether all others must be dropped before.
    mutating func mustDropOthers(for source: String) -> Bool {
        let size = source.utf8.count
        let isFull = programsKept > 0 && (programsKept >= programs || bytesKept + size > bytes)
        programsKept = isFull ? 1 : programsKept + 1
        bytesKept = isFull ? size : bytesKept + size
        return isFull
    }
}
