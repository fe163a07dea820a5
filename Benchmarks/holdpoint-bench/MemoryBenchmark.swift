import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import JSON

/// Resident memory of waiting sessions, as the slope between two counts, and the processor time of idling with them.
struct MemoryBenchmark {
    let thread: BenchmarkThread
    let first: Int
    let second: Int
    /// How long to watch the idle node, in seconds.
    let idleSeconds: Int

    func run() async throws {
        let node = try await BenchmarkNode.make(on: thread)
        try await node.serving { node in
            try await wait(node, 0..<first)
            try await settle(node)
            let before = Process.residentBytes
            // In portions like the first: what the heap keeps after a larger burst would count as the sessions' own.
            for start in stride(from: first, to: second, by: first) {
                try await wait(node, start..<min(start + first, second))
                try await settle(node)
            }
            let after = Process.residentBytes
            let slope = Double(after - before) / Double(second - first)
            print(
                "waiting sessions: \(slope.rounded(0)) bytes each (resident \(before / 1_024) KB at \(first), "
                    + "\(after / 1_024) KB at \(second)), must be at most 100")
            let cpu = Process.cpuSeconds
            try await Task.sleep(for: .seconds(idleSeconds))
            let share = (Process.cpuSeconds - cpu) / Double(idleSeconds) * 100
            print("idle with \(second) waiting: \(share.rounded(2)) % of a core, must be at most 1")
        }
    }

    private func wait(_ node: BenchmarkNode, _ range: Range<Int>) async throws {
        let body: JSONValue = ["type": "clarification", "title": "Which one?", "expires_in": 1_800]
        let draft = try RequestDraft(body)
        let start = SessionStart(id: nil, agent: node.agent, input: ["n": 1], labels: [:], onBehalfOf: nil)
        try await concurrently(64, of: range.count, on: thread.executors.executor()) { _ in
            guard
                case .session(let session, _, _) = try await node.engine.start(
                    start, in: node.scope, options: node.options)
            else { throw BenchmarkFailure("a start was stored instead of applied") }
            _ = try await node.engine.command(
                .openRequest(draft), to: session.state.identity.id, in: node.scope, options: node.options)
        }
    }

    /// Waits until idle sessions have left memory.
    private func settle(_ node: BenchmarkNode) async throws {
        while await node.engine.residentSessions > 0 { try await Task.sleep(for: .milliseconds(200)) }
    }
}
