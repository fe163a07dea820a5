import Glibc

/// What a stretch of work took.
struct Measurement {
    let count: Int
    let seconds: Double
    let cpuSeconds: Double

    var perSecond: Double { Double(count) / seconds }
    var cpuMicroseconds: Double { cpuSeconds * 1_000_000 / Double(count) }

    /// Runs `body` and measures wall and processor time of the whole process.
    static func of(_ count: Int, _ body: () async throws -> Void) async rethrows -> Measurement {
        let clock = ContinuousClock()
        let cpu = Process.cpuSeconds
        let start = clock.now
        try await body()
        let duration = clock.now - start
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        return Measurement(count: count, seconds: seconds, cpuSeconds: Process.cpuSeconds - cpu)
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

    /// Resident memory in bytes, as `/proc/self/statm` has it.
    static var residentBytes: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var text = [CChar](repeating: 0, count: 128)
        guard fgets(&text, Int32(text.count), file) != nil else { return 0 }
        let fields = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
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
}
