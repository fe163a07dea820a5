import Glibc
import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import JQClient
import JQExpressions
import JSON

/// Waiting sessions whose node is killed, and a process that has them again; `Benchmarks/run` starts both, takes the
/// time and kills them with -9.
///
/// A process says what it has done, a line for each part, and then waits for its end. Both keep their files in
/// `TMPDIR`: the key that they seal under and, embedded, the store. The database of Postgres is named as for
/// `distributed`, and is empty at first.
struct RebuildBenchmark {
    /// Where the sessions are kept.
    enum Store: String {
        case postgres
        case embedded
    }

    /// What a process does.
    enum Act: String {
        /// Makes the sessions: `made`.
        case make
        /// Takes up the store, has all deadlines in memory: `armed`; folds every session once: `folded`.
        case open
    }

    let thread: BenchmarkThread
    let store: Store
    let act: Act
    let count: Int
    /// How many sessions are made, or folded, at the same time.
    let atOnce: Int

    /// The cycle's workflow, whose question expires: after the benchmark, and within the hour whose deadlines are kept
    /// in memory.
    private static let definition: JSONValue = [
        "document": ["dsl": "1.0.3", "namespace": "bench", "name": "waiting", "version": "1.0.0"],
        "do": [
            [
                "ask": [
                    "call": "human",
                    "with": [
                        "type": "clarification", "title": "Which one?", "context": ["text": "${ .text }"],
                        "expires_in": 3_000,
                    ],
                ]
            ]
        ],
    ]
    private static let armingPause = Duration.milliseconds(1)

    func run() async throws {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let workers = try JQWorkers(.same(arguments: [Benchmark.workerWord]))
        defer { workers.stop() }
        let expressions = JQExpressions(workers)
        switch store {
        case .postgres:
            let node = try await DistributedNode.open(
                "bench", on: try DistributedServers(), expressions, keyFile: folder + "/rebuild.key",
                isFirst: act == .make)
            try await node.serving { try await play(node, on: node.executors.executor()) }
        case .embedded:
            let node = try await BenchmarkNode.open(
                folder, isFirst: act == .make, on: thread, expressions: expressions)
            try await node.serving { node in try await play(node, on: node.executors.executor()) }
        }
    }

    private func play(_ node: some BenchmarkCaller, on executor: any Actor) async throws {
        switch act {
        case .make:
            let agent = try AgentName("waiting")
            try await node.put(Self.definition, as: agent)
            try await concurrently(atOnce, of: count, on: executor) { index in
                _ = try await node.start(agent, input: BenchmarkCycle.input, id: try id(index))
            }
            try await awaitDeadlines(of: node)
            say("made")
        case .open:
            try await awaitDeadlines(of: node)
            say("armed")
            try await concurrently(atOnce, of: count, on: executor) { index in try await fold(index, by: node) }
            say("folded")
        }
        guard readLine() == nil else { throw BenchmarkFailure("there is nothing more to do") }
    }

    /// Waits until as many deadlines are in memory as there are sessions.
    private func awaitDeadlines(of node: some BenchmarkCaller) async throws {
        while await node.engine.armedDeadlines < count { try await Task.sleep(for: Self.armingPause) }
        let armed = await node.engine.armedDeadlines
        guard armed == count else { throw BenchmarkFailure("\(armed) deadlines are armed for \(count) sessions") }
    }

    /// Reads a session as whoever asks for it over HTTP: by its name, folded from what is stored.
    ///
    /// - Throws: if it does not wait for an answer until some time.
    private func fold(_ index: Int, by node: some BenchmarkCaller) async throws {
        let session = try await node.engine.session(try id(index), in: node.scope)
        guard session.status == .waiting, session.state.openRequests.count == 1,
            session.state.openRequests.first?.request.expiresAt != nil
        else { throw BenchmarkFailure("session \(index) does not wait for an answer") }
    }

    private func id(_ index: Int) throws -> SessionID { try SessionID("waiting-\(index)") }

    private func say(_ part: String) {
        print("\(part) \(count)")
        fflush(nil)
    }
}
