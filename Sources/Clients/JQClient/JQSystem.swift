import Glibc

/// What workers and their parent ask of the system.
enum JQSystem {
    /// Limits this process for good, to this or to what it is limited to already.
    static func limit(_ resource: __rlimit_resource, to value: Int) -> Bool {
        var limits = rlimit()
        guard getrlimit(__rlimit_resource_t(resource.rawValue), &limits) == 0 else { return false }
        limits.rlim_max = min(rlim_t(value), limits.rlim_max)
        limits.rlim_cur = limits.rlim_max
        return setrlimit(__rlimit_resource_t(resource.rawValue), &limits) == 0
    }

    /// Lets the system end this process after so much processor time more; called again it counts anew.
    static func limitProcessorTime(seconds: Int) -> Bool {
        var used = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &used) == 0 else { return false }
        let soFar = used.ru_utime.tv_sec + used.ru_stime.tv_sec
        var limits = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_CPU.rawValue), &limits) == 0 else { return false }
        limits.rlim_cur = min(rlim_t(soFar + seconds + 1), limits.rlim_max)
        return setrlimit(__rlimit_resource_t(RLIMIT_CPU.rawValue), &limits) == 0
    }

    /// The address space of this process, in bytes.
    static func mappedBytes() -> Int? {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 64)
        let count = read(file, &text, text.count)
        guard count > 0 else { return nil }
        let pages = String(decoding: text.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
        return Int(pages).map { $0 * Int(getpagesize()) }
    }

    /// The time of a clock, in milliseconds.
    static func milliseconds(of clock: clockid_t) -> Int? {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return nil }
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }

    /// The time since some moment in the past, in milliseconds; it never goes back.
    static func monotonicMilliseconds() -> Int {
        milliseconds(of: CLOCK_MONOTONIC) ?? 0
    }

    /// The processor time of a process, in milliseconds; nil if there is none of that id.
    static func processorMilliseconds(of process: pid_t) -> Int? {
        var clock = clockid_t()
        guard clock_getcpuclockid(process, &clock) == 0 else { return nil }
        return milliseconds(of: clock)
    }
}
