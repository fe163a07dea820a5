import Glibc
import JQClient
import Testing

@Suite("Workers for jq", .serialized)
struct JQWorkersTests {
    /// The worker stands beside the program that runs the tests.
    private static let launch: JQLaunch = {
        var path = [CChar](repeating: 0, count: 4_096)
        let count = max(readlink("/proc/self/exe", &path, path.count - 1), 0)
        let folder = path.prefix(count).map { UInt8(bitPattern: $0) }.split(separator: UInt8(ascii: "/")).dropLast()
        let parts = folder.map { String(decoding: $0, as: UTF8.self) } + ["expression-worker"]
        return JQLaunch(path: "/" + parts.joined(separator: "/"), arguments: [])
    }()

    private static func workers(_ change: (inout JQLimits) -> Void = { _ in }) throws -> JQWorkers {
        var limits = JQLimits()
        limits.timeMilliseconds = 200
        limits.patienceMilliseconds = 50
        change(&limits)
        return try JQWorkers(launch, limits: limits)
    }

    private static func request(_ text: String, _ input: String = "[null]") -> JQRequest {
        JQRequest(source: JQProgram.source(of: text), input: Array(input.utf8))
    }

    private static func value(_ text: String) -> JQReply { .value(Array(text.utf8)) }

    @Test(.timeLimit(.minutes(1)))
    func `requests of one exchange are answered in order`() async throws {
        let workers = try Self.workers()
        defer { workers.stop() }
        let requests = (0..<20).map { Self.request(". + \($0 % 3)", "[\($0)]") } + [Self.request("nothing")]
        let replies = try await workers.replies(to: requests)
        let values = (0..<20).map { Self.value(String($0 + $0 % 3)) }
        #expect(replies == values + [.error(.invalid("nothing/0 is not defined"))])
        #expect(try await workers.replies(to: []) == [])
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "[range(1e9)]", "def f: f; f", "\"x\" * 1e9", "last(range(1e12))", "[limit(1e9; repeat(1))]",
            "def f: 1 + f; f", "reduce range(1e9) as $i (\"\"; . + \"xxxxxxxxxxxxxxxxxxxxxxxx\")", "until(false; .)",
            "reduce range(1e7) as $i (null; [.])",
        ])
    func `a program that runs away fails alone and in time`(text: String) async throws {
        let workers = try Self.workers { $0.memoryBytes = 64 << 20 }
        defer { workers.stop() }
        _ = try await workers.replies(to: [Self.request(".")])
        let started = ContinuousClock.now
        let replies = try await workers.replies(to: [Self.request("1"), Self.request(text), Self.request("2")])
        #expect(ContinuousClock.now - started < .seconds(30))
        #expect(replies.first == Self.value("1") && replies.last == Self.value("2"))
        switch replies[1] {
        case .outOfTime(200), .outOfMemory(67_108_864), .crashed: break
        default: Issue.record("\(text): \(replies[1])")
        }
        #expect(try await workers.replies(to: [Self.request("3")]) == [Self.value("3")])
    }

    @Test(.timeLimit(.minutes(1)))
    func `time and memory are told apart`() async throws {
        let workers = try Self.workers {
            $0.memoryBytes = 16 << 20
            $0.timeMilliseconds = 2_000
        }
        defer { workers.stop() }
        #expect(try await workers.replies(to: [Self.request("def f: f; f")]) == [.outOfTime(milliseconds: 2_000)])
        let greedy = try await workers.replies(to: [Self.request("[range(1e9)] | length")])
        // A sanitizer's allocator ends the process where the C library's returns nothing: the bound holds, untold.
        #expect(greedy == [.outOfMemory(bytes: 16 << 20)] || Sanitizer.isPresent && greedy == [.crashed], "\(greedy)")
    }

    @Test(.timeLimit(.minutes(1)))
    func `what takes longer than the patience still has its time`() async throws {
        let workers = try Self.workers {
            $0.patienceMilliseconds = 1
            $0.compilingMilliseconds = 60
            $0.timeMilliseconds = 20_000
        }
        defer { workers.stop() }
        let replies = try await workers.replies(to: [Self.request("last(range(1000000))"), Self.request("7")])
        #expect(replies == [Self.value("999999"), Self.value("7")])
    }

    @Test(.timeLimit(.minutes(1)))
    func `others go on while a program runs away`() async throws {
        let workers = try Self.workers { $0.timeMilliseconds = 3_000 }
        defer { workers.stop() }
        async let lost = workers.replies(to: [Self.request("def f: f; f")])
        for number in 0..<200 {
            #expect(try await workers.replies(to: [Self.request(".", "[\(number)]")]) == [Self.value(String(number))])
        }
        #expect(try await lost == [.outOfTime(milliseconds: 3_000)])
    }

    @Test(.timeLimit(.minutes(1)))
    func `a program that ran away costs nobody else a worker again`() async throws {
        let mark = "kept-by-this-test"
        for (remembered, isKept) in [(1, true), (0, false)] {
            var limits = JQLimits()
            limits.timeMilliseconds = 100
            limits.quickWorkers = 1
            limits.runaways = remembered
            let workers = try JQWorkers(JQLaunch(path: Self.launch.path, arguments: [mark]), limits: limits)
            defer { workers.stop() }
            let runaway = Self.request("def f: f; f")
            #expect(try await workers.replies(to: [runaway]) == [.outOfTime(milliseconds: 100)])
            _ = try await workers.replies(to: [Self.request(".")])
            let before = Set(Self.processes(with: mark))
            let replies = try await workers.replies(to: [Self.request("1"), runaway, Self.request("2")])
            #expect(replies == [Self.value("1"), .outOfTime(milliseconds: 100), Self.value("2")])
            _ = try await workers.replies(to: [Self.request(".")])
            // The slow worker is replaced each time, the quick one only for what nobody remembers.
            #expect(before.intersection(Self.processes(with: mark)).isEmpty != isKept)
            workers.stop()
            await Self.waitForEnd(of: mark)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a worker has no environment, no files and no other descriptors`() async throws {
        setenv("HOLDPOINT_TEST_SECRET", "secret", 1)
        defer { unsetenv("HOLDPOINT_TEST_SECRET") }
        let workers = try Self.workers()
        defer { workers.stop() }
        let replies = try await workers.replies(to: [
            Self.request("[$ENV, env]"), Self.request("get_search_list"), Self.request("[inputs]"),
            Self.request("0 | strflocaltime(\"%H\")"),
        ])
        #expect(replies == [Self.value("[{},{}]"), Self.value("[]"), Self.value("[]"), Self.value("\"00\"")])
    }

    @Test(.timeLimit(.minutes(1)))
    func `values and messages are bounded`() async throws {
        let workers = try Self.workers {
            $0.outputBytes = 1_000
            $0.exchangeBytes = 2_500
        }
        defer { workers.stop() }
        let long = Self.request("\"x\" * 998")
        #expect(try await workers.replies(to: [Self.request("\"x\" * 999")]) == [.error(.tooLong(1_000))])
        let replies = try await workers.replies(to: [long, long, long])
        #expect(replies.prefix(2) == [Self.value("\"" + String(repeating: "x", count: 998) + "\"")] + replies[1...1])
        guard case .error(.tooLong) = replies[2] else {
            Issue.record("the third value is beyond the exchange")
            return
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `requests that are too long for one exchange take more`() async throws {
        let workers = try Self.workers { $0.exchangeBytes = 2_000 }
        defer { workers.stop() }
        let input = "[\"" + String(repeating: "y", count: 900) + "\"]"
        let replies = try await workers.replies(to: (0..<7).map { _ in Self.request("length", input) })
        #expect(replies == Array(repeating: Self.value("900"), count: 7))
    }

    @Test(.timeLimit(.minutes(1)))
    func `more programs than a worker keeps are compiled anew`() async throws {
        try await checkAnew { $0.programs = 3 }
        try await checkAnew { $0.programBytes = 50 }
        try await checkAnew { $0.programBytes = 1 }
    }

    private func checkAnew(_ change: (inout JQLimits) -> Void) async throws {
        let workers = try Self.workers {
            $0.quickWorkers = 1
            change(&$0)
        }
        defer { workers.stop() }
        for round in 0..<3 {
            let replies = try await workers.replies(to: (0..<4).map { Self.request(". + \($0)", "[\(round)]") })
            #expect(replies == (0..<4).map { Self.value(String(round + $0)) })
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `programs can be compiled only`() async throws {
        let workers = try Self.workers()
        defer { workers.stop() }
        let sources = (0..<10).map { JQProgram.source(of: $0 == 9 ? "nothing" : ". + \($0)") }
        let replies = try await workers.compile(sources)
        #expect(replies == Array(repeating: .value([]), count: 9) + [.error(.invalid("nothing/0 is not defined"))])
    }

    @Test(.timeLimit(.minutes(1)))
    func `workers that are not there are an error and no reply`() async throws {
        let nowhere = try JQWorkers(JQLaunch(path: "/nonexistent", arguments: []))
        await #expect(throws: JQWorkersError.system(code: ENOENT)) {
            try await nowhere.replies(to: [Self.request(".")])
        }
        let mute = try JQWorkers(JQLaunch(path: "/bin/true", arguments: []))
        await #expect(throws: JQWorkersError.notReady) { try await mute.replies(to: [Self.request(".")]) }
        let stopped = try Self.workers()
        stopped.stop()
        await #expect(throws: JQWorkersError.stopped) { try await stopped.replies(to: [Self.request(".")]) }
        let full = try Self.workers { $0.waitingExchanges = 0 }
        await #expect(throws: JQWorkersError.tooManyWaiting) { try await full.replies(to: [Self.request(".")]) }
    }

    @Test(.timeLimit(.minutes(1)))
    func `nobody is left when the workers are stopped`() async throws {
        let mark = "stopped-by-this-test"
        let workers = try JQWorkers(JQLaunch(path: Self.launch.path, arguments: [mark]))
        _ = try await workers.replies(to: [Self.request(".")])
        #expect(!Self.processes(with: mark).isEmpty)
        workers.stop()
        await Self.waitForEnd(of: mark)
        #expect(Self.processes(with: mark).isEmpty)
    }

    private static func waitForEnd(of mark: String) async {
        let deadline = ContinuousClock.now + .seconds(20)
        while !processes(with: mark).isEmpty, ContinuousClock.now < deadline { await Task.yield() }
    }

    /// The processes that were started with that argument.
    private static func processes(with mark: String) -> [String] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard Int(name) != nil, let file = fopen("/proc/\(name)/cmdline", "r") else { continue }
            defer { fclose(file) }
            var text = [UInt8](repeating: 0, count: 4_096)
            let count = fread(&text, 1, text.count, file)
            if text[..<count].split(separator: 0).dropFirst().contains(where: { $0.elementsEqual(mark.utf8) }) {
                found.append(name)
            }
        }
        return found
    }
}
