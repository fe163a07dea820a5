package import EventLoop
package import HoldpointPorts

/// How the writes of a batch become durable, or each of them is refused for its own reason.
package protocol BatchStore: Sendable {
    associatedtype Write: BatchedWrite
    associatedtype Output: Sendable

    /// Writes what can be written and says what became of each, in the order given. What is answered with an output is
    /// durable by then (I1).
    func settle(_ writes: [Write]) async -> [Result<Output, JournalError>]
}

/// Writes of many callers, gathered into batches, one batch at a time.
///
/// There is no timer: what callers hand over in one turn of the loop goes together. While a batch is under way they
/// wait for it, and the next one starts at the end of the turn in which it was answered: callers are resumed together,
/// after that answer, and what they hand over next goes with it.
package actor BatchLane<Store: BatchStore> {
    /// What became of a write.
    package typealias Verdict = Result<Store.Output, JournalError>

    private struct Waiting: BatchedWrite {
        let write: Store.Write
        let continuation: CheckedContinuation<Verdict, Never>

        var byteCount: Int { write.byteCount }
        var claims: [WriteClaim] { write.claims }
        func fits(with first: Self) -> Bool { write.fits(with: first.write) }
    }

    private let store: Store
    private let loop: EventLoop
    private var queue: WriteQueue<Waiting>
    private var isDraining = false

    /// The lane runs where its connection does.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    package init(_ store: Store, on loop: EventLoop, limits: WriteLimits) {
        self.store = store
        self.loop = loop
        queue = WriteQueue(limits: limits)
    }

    /// Writes within the next batch that has room; `overloaded` if too much waits already.
    package func write(_ write: Store.Write) async throws(JournalError) -> Store.Output {
        let verdict: Verdict = await withCheckedContinuation { continuation in
            if queue.append(Waiting(write: write, continuation: continuation)) {
                beginDraining()
            } else {
                continuation.resume(returning: .failure(.overloaded))
            }
        }
        return try verdict.get()
    }

    /// How many writes wait for a batch.
    package var waitingCount: Int { queue.count }

    private func beginDraining() {
        guard !isDraining else { return }
        isDraining = true
        loop.executeAtEndOfTurn { self.assumeIsolated { $0.startDraining() } }
    }

    private func startDraining() {
        // Without the preference each answer of the server would resume it on the pool first.
        Task(executorPreference: loop.taskExecutor) { await self.drain() }
    }

    private func drain() async {
        while true {
            let batch = queue.takeBatch()
            guard !batch.isEmpty else { break }
            let verdicts = await store.settle(batch.map(\.write))
            for (waiting, verdict) in zip(batch, verdicts) { waiting.continuation.resume(returning: verdict) }
            // Nothing could be sent for as long as the pool waits for a connection: others need not wait as long again.
            if verdicts.allSatisfy(\.isUnavailable) { refuseAll(verdicts[0]) }
            await endOfTurn()
        }
        isDraining = false
    }

    /// Lets those who were answered, and whatever else has its turn, hand over more.
    private func endOfTurn() async {
        await withCheckedContinuation { continuation in
            loop.executeAtEndOfTurn { continuation.resume() }
        }
    }

    private func refuseAll(_ verdict: Verdict) {
        for waiting in queue.takeAll() { waiting.continuation.resume(returning: verdict) }
    }
}

extension Result where Failure == JournalError {
    fileprivate var isUnavailable: Bool {
        if case .failure(.unavailable) = self { true } else { false }
    }
}
