/// What happened in a run, in order: the last lines in full, and a fingerprint of all of them.
struct RunLog: Sendable {
    /// Lines that a failure shows.
    static let kept = 60

    private(set) var fingerprint: UInt64 = 0xcbf2_9ce4_8422_2325
    private var lines: [String] = []

    /// The last lines, oldest first.
    var tail: [String] { lines.suffix(Self.kept) }

    mutating func add(_ line: String) {
        for byte in line.utf8 { fingerprint = (fingerprint ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        lines.append(line)
        if lines.count > 4 * Self.kept { lines.removeFirst(3 * Self.kept) }
    }
}
