import Allocator
import Glibc
import JQClient

/// Measures an engine in this process; `Benchmarks/run` calls it, and measures the server over HTTP besides.
@main
struct Benchmark {
    /// The argument with which this program evaluates expressions for another process of itself.
    static let workerWord = "expression-worker"

    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == [workerWord] { exit(JQWorker.serve()) }
        do {
            // As the server has it.
            _ = Allocator.version
            try await run(arguments, on: try BenchmarkThread.start())
        } catch {
            print("failed: \(error)")
            exit(1)
        }
    }

    private static func run(_ arguments: [String], on thread: BenchmarkThread) async throws {
        switch arguments.first {
        case "cycles":
            try await CycleBenchmark(
                thread: thread, cycles: number(arguments, 1) ?? 20_000, atOnce: number(arguments, 2) ?? 256,
                rounds: number(arguments, 3) ?? 5
            ).run()
        case "workflows":
            try await WorkflowBenchmark(
                thread: thread, count: number(arguments, 1) ?? 10_000, atOnce: number(arguments, 2) ?? 256,
                rounds: number(arguments, 3) ?? 5
            ).run()
        case "expressions":
            try await ExpressionBenchmark(
                thread: thread, count: number(arguments, 1) ?? 10_000, rounds: number(arguments, 2) ?? 5
            ).run()
        case "policy":
            try await PolicyBenchmark(
                count: number(arguments, 1) ?? 20_000, rounds: number(arguments, 2) ?? 5
            ).run()
        case "distributed":
            guard let cycle = arguments.dropFirst().first.flatMap(DistributedBenchmark.Cycle.init) else { usage() }
            try await DistributedBenchmark(
                cycle: cycle, count: number(arguments, 2) ?? 20_000, atOnce: number(arguments, 3) ?? 256
            ).run()
        case "memory":
            try await MemoryBenchmark(
                thread: thread, first: number(arguments, 1) ?? 10_000, second: number(arguments, 2) ?? 100_000,
                idleSeconds: 20
            ).run()
        case "rebuild":
            guard let store = arguments.dropFirst().first.flatMap(RebuildBenchmark.Store.init),
                let act = arguments.dropFirst(2).first.flatMap(RebuildBenchmark.Act.init)
            else { usage() }
            try await RebuildBenchmark(
                thread: thread, store: store, act: act, count: number(arguments, 3) ?? 100_000,
                atOnce: number(arguments, 4) ?? 256
            ).run()
        case "http":
            guard let cycle = arguments.dropFirst().first.flatMap(HTTPLoad.Cycle.init),
                let port = number(arguments, 2).flatMap({ UInt16(exactly: $0) }), let key = getenv("HOLDPOINT_KEY")
            else { usage() }
            try HTTPLoad(
                HTTPTarget(port: port, key: String(cString: key)), cycle: cycle, cycles: number(arguments, 3) ?? 1_000
            ).run(connections: number(arguments, 4) ?? 32, withFeed: !arguments.contains("without-feed"))
        case "latency":
            guard let port = number(arguments, 1).flatMap({ UInt16(exactly: $0) }), let key = getenv("HOLDPOINT_KEY")
            else { usage() }
            try HTTPLatency(HTTPTarget(port: port, key: String(cString: key))).run(number(arguments, 2) ?? 2_000)
        default:
            usage()
        }
    }

    private static func usage() -> Never {
        print(
            "usage: holdpoint-bench cycles [COUNT [AT-ONCE [ROUNDS]]] | workflows [COUNT [AT-ONCE [ROUNDS]]] "
                + "| expressions [COUNT [ROUNDS]] | policy [COUNT [ROUNDS]] "
                + "| distributed human|external|elsewhere [COUNT [AT-ONCE]] "
                + "| memory [FIRST [SECOND]] | rebuild postgres|embedded make|open [COUNT [AT-ONCE]] "
                + "| http external|workflow PORT [COUNT [CONNECTIONS [without-feed]]] | latency PORT [COUNT]")
        exit(2)
    }

    private static func number(_ arguments: [String], _ index: Int) -> Int? {
        arguments.indices.contains(index) ? Int(arguments[index]) : nil
    }
}
