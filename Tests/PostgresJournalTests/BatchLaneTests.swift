import EventLoop
import HoldpointPorts
import PostgresJournal
import Testing

/// Which writes share a batch, by a store that keeps what it was given.
@Suite(.timeLimit(.minutes(1)))
struct BatchLaneTests {
    private struct Write: BatchedWrite {
        let number: Int
        let byteCount = 1
        let claims: [WriteClaim] = []

        func fits(with first: Self) -> Bool { true }
    }

    private final class Store: BatchStore {
        let batches = Locked<[[Int]]>([])
        private let first: Task<Void, Never>?
        private let isAway: Bool

        /// - Parameter first: What the first batch waits for.
        init(first: Task<Void, Never>? = nil, isAway: Bool = false) {
            self.first = first
            self.isAway = isAway
        }

        func settle(_ writes: [Write]) async -> [Result<Int, JournalError>] {
            let count = batches.withLock {
                $0.append(writes.map(\.number))
                return $0.count
            }
            if count == 1 { await first?.value }
            return writes.map { isAway ? .failure(.unavailable("away")) : .success($0.number) }
        }
    }

    /// Writes one after the other: on the loop, as the engine's actors are.
    private actor Writer {
        private let lane: BatchLane<Store>
        private let loop: EventLoop

        init(_ lane: BatchLane<Store>, on loop: EventLoop) {
            self.lane = lane
            self.loop = loop
        }

        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

        func write(_ numbers: [Int]) async throws(JournalError) {
            for number in numbers { _ = try await lane.write(Write(number: number)) }
        }

        /// Begins writers within one turn of the loop.
        func begin(_ writers: [[Int]]) -> [Task<Void, any Error>] {
            writers.map { numbers in
                Task(executorPreference: loop.taskExecutor) { try await self.write(numbers) }
            }
        }
    }

    private func withLoop(_ body: (EventLoop) async throws -> Void) async throws {
        let loop = try EventLoop.start(name: "lane-test")
        do {
            try await body(loop)
        } catch {
            try loop.stop()
            throw error
        }
        try loop.stop()
    }

    @Test func `those who are answered go with the next batch, beside who came meanwhile`() async throws {
        try await withLoop { loop in
            let (gate, opening) = AsyncStream.makeStream(of: Void.self)
            let store = Store(first: Task { for await _ in gate {} })
            let lane = BatchLane(store, on: loop, limits: WriteLimits())
            let early = Writer(lane, on: loop)
            var tasks = await early.begin([[1, 11, 21], [2, 12, 22]])
            while store.batches.withLock({ $0.isEmpty }) { await Task.yield() }
            // One of the two may have come too late for the first batch.
            let isWhole = store.batches.withLock { $0 == [[1, 2]] }
            tasks += await early.begin([[3, 13], [4, 14]])
            while await lane.waitingCount < (isWhole ? 2 : 3) { await Task.yield() }
            opening.finish()
            for task in tasks { try await task.value }
            #expect(isWhole)
            #expect(store.batches.withLock { $0.map { $0.sorted() } } == [[1, 2], [3, 4, 11, 12], [13, 14, 21, 22]])
        }
    }

    @Test func `who comes while the store is away is refused and may come again`() async throws {
        try await withLoop { loop in
            let lane = BatchLane(Store(isAway: true), on: loop, limits: WriteLimits())
            for number in 0..<3 {
                await #expect(throws: JournalError.unavailable("away")) { try await lane.write(Write(number: number)) }
            }
            #expect(await lane.waitingCount == 0)
        }
    }
}
