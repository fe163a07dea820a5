import Glibc

/// What a stretch of work took.
struct Measurement {
    let count: Int
    let seconds: Double
    let cpuSeconds: Double

    var perSecond: Double { Double(count) / seconds }
    var cpuMicroseconds: Double { cpuSeconds * 1_000_000 / Double(count) }

    /// Runs `body` and measures wall and processor time of the whole process.
    ///
    /// - Parameter withChildren: adds what processes take that this one has started and that live on.
    static func of(
        _ count: Int, withChildren: Bool = false, _ body: () async throws -> Void
    ) async rethrows -> Measurement {
        let clock = ContinuousClock()
        let children = withChildren ? Process.childrenSeconds : 0
        let cpu = Process.cpuSeconds
        let start = clock.now
        try await body()
        let duration = clock.now - start
        let taken = Process.cpuSeconds - cpu + (withChildren ? Process.childrenSeconds : 0) - children
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        return Measurement(count: count, seconds: seconds, cpuSeconds: taken)
    }
}

/// This process, as the system sees it.
enum Process {
    /// Processor time so far: user and system.
    static var cpuSeconds: Double {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        let user = Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
        return user + Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) / 1e6
    }

    /// Processor time so far of the processes that this one started, as long as they live.
    static var childrenSeconds: Double {
        guard let folder = opendir("/proc/self/task") else { return 0 }
        defer { closedir(folder) }
        var sum = 0.0
        while let entry = readdir(folder) {
            let thread = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                Int(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
            }
            guard let thread else { continue }
            for field in fields(of: "/proc/self/task/\(thread)/children") {
                var clock = clockid_t()
                var time = timespec()
                guard let child = pid_t(field), clock_getcpuclockid(child, &clock) == 0,
                    clock_gettime(clock, &time) == 0
                else { continue }
                sum += Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
            }
        }
        return sum
    }

    /// Resident memory in bytes, as `/proc/self/statm` has it.
    static var residentBytes: Int {
        let fields = fields(of: "/proc/self/statm")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    }

    /// The words of the first line of a file; none if it cannot be read.
    private static func fields(of path: String) -> [Substring] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var text = [CChar](repeating: 0, count: 1_024)
        guard fgets(&text, Int32(text.count), file) != nil else { return [] }
        let bytes = text.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self).split(separator: " ")
    }
}

extension Double {
    /// The value with so many decimals.
    func rounded(_ decimals: Int) -> String {
        var text = [CChar](repeating: 0, count: 64)
        withVaList([Int32(decimals), self]) { _ = vsnprintf(&text, text.count, "%.*f", $0) }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension [Double] {
    /// The middle value of an odd count, or the mean of the two in the middle.
    var median: Double {
        let ordered = sorted()
        guard !ordered.isEmpty else { return 0 }
        let middle = ordered.count / 2
        return ordered.count.isMultiple(of: 2) ? (ordered[middle - 1] + ordered[middle]) / 2 : ordered[middle]
    }

    /// The least value that so great a part of all does not exceed.
    func quantile(_ part: Double) -> Double {
        let ordered = sorted()
        guard !ordered.isEmpty else { return 0 }
        let place = Int((Double(ordered.count) * part).rounded(.up)) - 1
        return ordered[Swift.min(Swift.max(place, 0), ordered.count - 1)]
    }
}
