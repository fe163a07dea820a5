import EventLoop
import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import JSON
import SQLiteClient
import SQLiteJournal

/// Pause cycles of an `external` session: start, request, answer, complete; four acknowledged commits.
struct CycleBenchmark {
    let thread: BenchmarkThread
    let cycles: Int
    let atOnce: Int
    let rounds: Int

    /// Prints, for each round, raw appends and cycles in turn on the same disk, and then the medians.
    func run() async throws {
        var ratios: [Double] = []
        var cpu: [Double] = []
        for round in 1...rounds {
            let node = try await BenchmarkNode.make(on: thread)
            let settings = try await node.journal.settings()
            if round == 1 {
                print("settings read back: " + settings.map { "\($0.name)=\($0.value)" }.joined(separator: " "))
            }
            let raw = try await appends(cycles * 4, in: node.folder, settings: settings)
            let measured = Box<Measurement?>(nil)
            try await node.serving { node in await measured.set(try await measure(node)) }
            guard let cycle = await measured.value else { throw BenchmarkFailure("nothing was measured") }
            let ratio = 4 * cycle.perSecond / raw.perSecond
            ratios.append(ratio)
            cpu.append(cycle.cpuMicroseconds)
            print(
                "round \(round): ratio \(ratio.rounded(3))  cycles/s \(cycle.perSecond.rounded(0)) "
                    + "(CPU \(cycle.cpuMicroseconds.rounded(1)) µs each)  raw appends/s \(raw.perSecond.rounded(0)) "
                    + "(CPU \(raw.cpuMicroseconds.rounded(1)) µs each)")
        }
        print(
            "in process, \(atOnce) at once: 4 × cycles/s ÷ raw appends/s: median \(ratios.median.rounded(3)) "
                + "(\((ratios.min() ?? 0).rounded(3))–\((ratios.max() ?? 0).rounded(3))), must be at least 0.4; "
                + "CPU per cycle median \(cpu.median.rounded(1)) µs")
    }

    private func measure(_ node: BenchmarkNode) async throws -> Measurement {
        let draft = try BenchmarkCycle.draft()
        return try await Measurement.of(cycles) {
            try await concurrently(atOnce, of: cycles, on: thread.executors.executor()) { _ in
                try await node.externalCycle(draft)
            }
        }
    }

    private func appends(
        _ count: Int, in folder: String, settings: [(name: String, value: String)]
    ) async throws -> Measurement {
        let database = try RawDatabase.make(folder + "/raw.db", settings: settings)
        let writer = GroupWriter(database, on: try SQLiteThread(), atEndOfTurn: thread.loop.executeAtEndOfTurn)
        let data = [UInt8](repeating: UInt8(ascii: "x"), count: 1_000)
        let measurement = try await Measurement.of(count) {
            try await concurrently(atOnce, of: count, on: thread.executors.executor()) { index in
                let session = Identifier128(high: UInt64(index / 4), low: UInt64(index / 4)).bytes
                // As the engine does it, so that the thread is the same on which the next one is made.
                try await withTaskExecutorPreference(thread.executors.continuations) {
                    try await writer.write(bytes: data.count) { database throws(SQLiteError) in
                        try database.append(session: session, sequence: Int64(index % 4), data: data)
                    }
                }
            }
        }
        await writer.close()
        return measurement
    }
}

/// Runs `count` pieces of work with so many under way at a time.
func concurrently(
    _ atOnce: Int, of count: Int, on isolation: any Actor, _ work: @escaping @Sendable (Int) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for lane in 0..<atOnce {
            group.addTask {
                try await run(stride(from: lane, to: count, by: atOnce), work, on: isolation)
            }
        }
        try await group.waitForAll()
    }
}

private func run(
    _ indices: StrideTo<Int>, _ work: (Int) async throws -> Void, on isolation: isolated any Actor
) async throws {
    for index in indices { try await work(index) }
}

/// A value that a task leaves for another.
actor Box<Value: Sendable> {
    private(set) var value: Value

    init(_ value: Value) {
        self.value = value
    }

    func set(_ value: Value) { self.value = value }
}
