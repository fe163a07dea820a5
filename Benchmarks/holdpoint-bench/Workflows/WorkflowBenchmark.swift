import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import JQClient
import JQExpressions
import JSON

/// Workflows in this process, beside what a session of kind `external` costs in the same round.
struct WorkflowBenchmark {
    let thread: BenchmarkThread
    let count: Int
    let atOnce: Int
    let rounds: Int

    /// Sessions whose commits are counted, before anything is measured.
    private static let counted = 100

    /// Prints a line for each round; throws if a session commits more than once for each pause and its end.
    func run() async throws {
        let workers = try JQWorkers(.same(arguments: [Benchmark.workerWord]))
        defer { workers.stop() }
        let expressions = JQExpressions(workers)
        try await countCommits(expressions)
        for round in 1...rounds {
            let node = try await BenchmarkNode.make(on: thread, expressions: expressions)
            let figures = Box<[(name: String, Measurement)]>([])
            try await node.serving { node in await figures.set(try await measure(node)) }
            let texts = await figures.value.map { name, figure in
                "\(name) \(figure.cpuMicroseconds.rounded(1)) µs \(figure.perSecond.rounded(0))/s"
            }
            print("round \(round): " + texts.joined(separator: "  "))
        }
    }

    private func measure(_ node: BenchmarkNode) async throws -> [(name: String, Measurement)] {
        for document in BenchmarkDocument.allCases { try await node.put(document) }
        let figures: [(name: String, Measurement)] = [
            ("straight", try await measured { _ in try await startAndEnd(node) }),
            ("paths", try await measured { _ in try await run(.paths, on: node) }),
            ("computing", try await measured { _ in try await run(.computing, on: node) }),
            ("external", try await measured { _ in try await node.externalCycle(try BenchmarkCycle.draft()) }),
            ("human", try await measured { _ in try await node.humanCycle() }),
        ]
        try await checkEnds(on: node)
        return figures
    }

    /// Every session has completed; looked at afterwards, since a session that has ended is read from its log.
    private func checkEnds(on node: BenchmarkNode) async throws {
        for status in SessionStatus.allCases where status != .completed {
            let page = try await node.engine.sessions(
                status: status, agent: nil, cursor: nil, limit: 1, in: node.scope)
            guard page.items.isEmpty else { throw BenchmarkFailure("a session is \(status.rawValue)") }
        }
    }

    private func measured(_ work: @escaping @Sendable (Int) async throws -> Void) async throws -> Measurement {
        try await Measurement.of(count, withChildren: true) {
            try await concurrently(atOnce, of: count, on: thread.executors.executor(), work)
        }
    }

    /// One commit for each pause and one for the end, whatever was done in between.
    private func countCommits(_ expressions: any ExpressionEvaluator) async throws {
        let counter = CommitCounter.Count()
        let node = try await BenchmarkNode.make(on: thread, expressions: expressions, counting: counter)
        try await node.serving { node in
            for document in BenchmarkDocument.allCases {
                try await node.put(document)
                let before = counter.value
                for _ in 0..<Self.counted {
                    if document == .human { try await node.humanCycle() } else { try await run(document, on: node) }
                }
                let commits = counter.value - before
                print("commits of a session: \(document.rawValue) \(Double(commits) / Double(Self.counted))")
                guard commits == Self.counted * document.commits else {
                    throw BenchmarkFailure("\(document.rawValue) made \(commits) commits in \(Self.counted) sessions")
                }
            }
        }
    }

    /// A session that starts, runs to its end and has the output that the document promises.
    private func run(_ document: BenchmarkDocument, on node: BenchmarkNode) async throws {
        let session = try await node.start(document.agent, input: BenchmarkDocument.input)
        guard case .completed(let output) = session.state.ending, output == document.output else {
            throw BenchmarkFailure("\(document.rawValue) came to \(String(describing: session.state.ending))")
        }
    }

    /// The least that a session can be: it starts and is completed from outside.
    private func startAndEnd(_ node: BenchmarkNode) async throws {
        let session = try await node.start(node.agent, input: BenchmarkDocument.input)
        _ = try await node.engine.command(
            .complete(output: BenchmarkDocument.paths.output), to: session.state.identity.id, in: node.scope,
            options: node.options)
    }
}
