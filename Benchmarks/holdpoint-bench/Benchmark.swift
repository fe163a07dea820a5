import EventLoop
import Glibc

/// Measures an engine in this process; `Benchmarks/run` calls it, and measures the server over HTTP besides.
@main
struct Benchmark {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            // As the server runs: everything but the store on one loop thread.
            let loop = try EventLoop.start(name: "benchmark")
            try await withTaskExecutorPreference(loop) { try await run(arguments) }
        } catch {
            print("failed: \(error)")
            exit(1)
        }
    }

    private static func run(_ arguments: [String]) async throws {
        switch arguments.first {
        case "cycles":
            try await CycleBenchmark(
                cycles: number(arguments, 1) ?? 20_000, atOnce: number(arguments, 2) ?? 256,
                rounds: number(arguments, 3) ?? 5
            ).run()
        case "memory":
            try await MemoryBenchmark(
                first: number(arguments, 1) ?? 10_000, second: number(arguments, 2) ?? 100_000, idleSeconds: 20
            ).run()
        default:
            print("usage: holdpoint-bench cycles [COUNT [AT-ONCE [ROUNDS]]] | memory [FIRST [SECOND]]")
            exit(2)
        }
    }

    private static func number(_ arguments: [String], _ index: Int) -> Int? {
        arguments.indices.contains(index) ? Int(arguments[index]) : nil
    }
}
