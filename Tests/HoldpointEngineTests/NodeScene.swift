import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON

/// Several engines over one store in memory, as nodes have it; their streams are not connected, so that everything
/// between them goes by the sweep, as it does when Redis is away.
struct NodeScene: Sendable {
    let scene: EngineScene

    init() async throws {
        try await self.init(EngineScene())
    }

    init(_ scene: EngineScene) {
        self.scene = scene
    }

    /// A node, with what can cut it off from the store.
    ///
    /// - Parameter plant: what else lies between it and the store.
    func node(
        _ name: String, _ plant: @escaping @Sendable (any Journal) -> any Journal = { $0 }
    ) throws -> (engine: Engine, line: Line) {
        var scene = scene
        let line = Line()
        // Time runs faster here than the work: a lease that a node is slow to renew must not be lost for that.
        let shared = SharedMemoryJournal(scene.journal, leaseMilliseconds: 120_000)
        scene.decorate = { _ in plant(CutJournal(base: shared, line: line)) }
        scene.configure = { configuration in
            if let name = try? NodeName(name) { configuration.node = name }
            configuration.outcomeWaitMilliseconds = 600_000
        }
        return (try scene.engine(), line)
    }

    /// Runs `body` beside a node that serves; the node is stopped then.
    func running(_ engine: Engine, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await engine.run() }
            do {
                try await body()
            } catch {
                await stop(engine)
                throw error
            }
            await stop(engine)
            try await group.waitForAll()
        }
    }

    /// Stops a node, moving time for what it waits for meanwhile.
    private func stop(_ engine: Engine) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await engine.stop() }
            group.addTask {
                while !Task.isCancelled {
                    scene.clock.advance(milliseconds: 100)
                    for _ in 0..<20 { await Task.yield() }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Moves time in small steps until the condition holds; the test's time limit is the bound.
    func until(_ condition: () async throws -> Bool) async throws {
        while !Task.isCancelled {
            if try await condition() { return }
            scene.clock.advance(milliseconds: 50)
            for _ in 0..<20 { await Task.yield() }
        }
        throw Surprise("it never came to that")
    }

    /// Runs `body` while time goes on by itself.
    func passing<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                // Slowly: a time limit must not pass while somebody only waits for a turn of the processor.
                while !Task.isCancelled {
                    scene.clock.advance(milliseconds: 10)
                    for _ in 0..<100 { await Task.yield() }
                }
                return nil
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw Surprise("nothing came of it")
        }
    }
}

/// What connects a node with the store.
final class Line: Sendable {
    private let isCut = Guarded(false)

    /// Whether nothing comes through.
    var isDown: Bool { isCut.withState { $0 } }

    func cut() { isCut.withState { $0 = true } }
    func mend() { isCut.withState { $0 = false } }
}

/// A journal behind a line that can be cut.
private struct CutJournal: JournalDecorator {
    let base: any Journal
    let line: Line

    func around<Value: Sendable>(
        _ call: @escaping @Sendable (any Journal) async throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        if line.isDown { throw .unavailable("the line is cut") }
        return try await call(base)
    }
}
