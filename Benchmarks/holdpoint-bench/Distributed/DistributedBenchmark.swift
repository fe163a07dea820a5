import Glibc
import HoldpointCore
import HoldpointPorts
import JQClient
import JQExpressions

/// Pause cycles over Postgres and Redis, one stretch of them; `Benchmarks/run` starts the servers, watches what they
/// take meanwhile, and looks at the database afterwards.
///
/// It says `ready` when everything stands and is warm, and `measured` with its figures at the end; after each it waits
/// for a line, so that whoever reads can look at the servers while nothing happens.
struct DistributedBenchmark {
    /// Which cycle.
    enum Cycle: String {
        /// A workflow of one `call: human`, started and answered at its owner: two commits.
        case human
        /// A session of kind `external`: start, request, answer and completion, four commits.
        case external
        /// The workflow, answered at another node than its owner: two commits, and one that stores the answer.
        case elsewhere
    }

    let cycle: Cycle
    let count: Int
    let atOnce: Int

    /// Cycles before those that are measured, as a part of those.
    private static let warmUpPart = 10

    func run() async throws {
        let servers = try DistributedServers()
        let workers = try JQWorkers(.same(arguments: [Benchmark.workerWord]))
        defer { workers.stop() }
        let keyFile = "\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/holdpoint-bench-\(getpid()).key"
        defer { unlink(keyFile) }
        let expressions = JQExpressions(workers)
        let owner = try await DistributedNode.open("owner", on: servers, expressions, keyFile: keyFile, isFirst: true)
        guard cycle == .elsewhere else {
            return try await owner.serving { try await measure(owner, answeringAt: owner) }
        }
        let other = try await DistributedNode.open("other", on: servers, expressions, keyFile: keyFile, isFirst: false)
        try await owner.serving {
            try await other.serving {
                try await owner.awaitBalance(of: 2)
                try await measure(owner, answeringAt: other)
            }
        }
    }

    private func measure(_ owner: DistributedNode, answeringAt other: DistributedNode) async throws {
        try await owner.put(.human)
        try await play(count / Self.warmUpPart, owner, other)
        try hold("ready \(count / Self.warmUpPart)")
        let figures = try await Measurement.of(count, withChildren: true) { try await play(count, owner, other) }
        try hold(
            "measured \(figures.perSecond.rounded(2)) cycles/s, "
                + "\(figures.cpuMicroseconds.rounded(2)) µs of this process")
    }

    private func play(_ count: Int, _ owner: DistributedNode, _ other: DistributedNode) async throws {
        let draft = try BenchmarkCycle.draft()
        try await concurrently(atOnce, of: count, on: owner.executors.executor()) { _ in
            switch cycle {
            case .human: try await owner.humanCycle()
            case .external: try await owner.externalCycle(draft)
            case .elsewhere: try await answer(try await owner.ask(), at: other, on: other.executors.executor())
            }
        }
    }

    /// Answers on the loop of the other node, where its callers are.
    private func answer(_ request: RequestID, at node: DistributedNode, on isolation: isolated any Actor) async throws {
        try await node.answer(request)
    }

    /// Says something, and waits until it was read.
    private func hold(_ text: String) throws {
        print(text)
        fflush(nil)
        guard readLine() != nil else { throw BenchmarkFailure("nobody listens any more") }
    }
}
