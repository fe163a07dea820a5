import Glibc
import Synchronization

/// Counts passages of the planned point, and ends the process there as a power failure would.
final class FaultTrigger: Sendable {
    /// Where deaths are written before they happen, or -1.
    ///
    /// Static, because a signal handler cannot capture.
    private static let logDescriptor = Atomic<Int32>(-1)

    /// Whether the death that a timer will bring has been written down already.
    private static let isRecorded = Atomic<Bool>(false)

    private let plan: FaultPlan
    private let passages = Atomic<Int>(0)

    init(_ plan: FaultPlan, log path: String?) {
        self.plan = plan
        guard let path else { return }
        Self.logDescriptor.store(open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600), ordering: .relaxed)
    }

    /// Begins a life whose end is a matter of time.
    func begin() {
        guard case .killAfter(let milliseconds) = plan else { return }
        Self.killAfter(milliseconds: milliseconds)
    }

    /// Dies if this is the planned passage.
    func pass(_ point: FaultPoint) {
        guard isPlanned(point) else { return }
        Self.die(point.rawValue)
    }

    /// Dies some milliseconds from now if this is the planned passage: after what is under way here has been sent.
    func passSoon(_ point: FaultPoint) {
        guard isPlanned(point) else { return }
        Self.record(point.rawValue)
        Self.isRecorded.store(true, ordering: .relaxed)
        Self.killAfter(milliseconds: 5)
    }

    /// Traps, as a bug would, if the planned text is in the data.
    func trapIfPlanned(on data: [UInt8]) {
        guard case .trap(let text) = plan, String(decoding: data, as: UTF8.self).contains(text) else { return }
        Self.record("trap")
        fatalError("the planned trap")
    }

    /// Whether all sessions that start here are to be of one shard.
    var narrowsShards: Bool { plan == .oneShard }

    private func isPlanned(_ point: FaultPoint) -> Bool {
        guard case .kill(point, let nth) = plan else { return false }
        return passages.add(1, ordering: .relaxed).newValue == nth
    }

    private static func die(_ name: String) {
        record(name)
        kill(getpid(), SIGKILL)
        // The signal is on its way; nothing more may happen until it comes.
        while true { pause() }
    }

    /// Appends a line, durably: write and fsync are allowed in a signal handler (POSIX, signal-safety).
    private static func record(_ name: String) {
        let descriptor = logDescriptor.load(ordering: .relaxed)
        guard descriptor >= 0 else { return }
        let line = name + "\n"
        _ = write(descriptor, line, line.utf8.count)
        fsync(descriptor)
    }

    private static func killAfter(milliseconds: Int) {
        signal(SIGALRM) { _ in
            if !FaultTrigger.isRecorded.load(ordering: .relaxed) { FaultTrigger.record("random") }
            kill(getpid(), SIGKILL)
        }
        var timer = itimerval()
        timer.it_value.tv_sec = milliseconds / 1_000
        timer.it_value.tv_usec = milliseconds % 1_000 * 1_000
        setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
    }
}
