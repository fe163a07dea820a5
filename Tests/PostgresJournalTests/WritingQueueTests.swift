import HoldpointCore
import PostgresJournal
import Testing

/// The cutting of batches, without a server.
struct WritingQueueTests {
    private struct Write: BatchedWrite, Equatable {
        let number: Int
        var byteCount = 1
        var claims: [WriteClaim] = []
        var generation = 1

        func fits(with first: Self) -> Bool { generation == first.generation }
    }

    private func limits(_ change: (inout WriteLimits) -> Void) -> WriteLimits {
        var limits = WriteLimits()
        change(&limits)
        return limits
    }

    private func batches(_ writes: [Write], _ limits: WriteLimits = WriteLimits()) -> [[Int]] {
        var queue = WriteQueue<Write>(limits: limits)
        for write in writes {
            let isQueued = queue.append(write)
            #expect(isQueued)
        }
        var batches: [[Int]] = []
        while true {
            let batch = queue.takeBatch()
            if batch.isEmpty { break }
            batches.append(batch.map(\.number))
        }
        #expect(queue.count == 0)
        return batches
    }

    @Test func `the defaults are those of the measurements`() {
        let limits = WriteLimits()
        #expect(limits.batchWrites == 128 && limits.batchBytes == 512 << 10)
        #expect(limits.waitingWrites == 8_192 && limits.waitingBytes == 32 << 20 && limits.attempts == 3)
    }

    @Test func `a batch has at most so many writes, in the order of their arrival`() {
        let cut = batches((1...7).map { Write(number: $0) }, limits { $0.batchWrites = 3 })
        #expect(cut == [[1, 2, 3], [4, 5, 6], [7]])
    }

    @Test func `a batch has at most so many bytes, and a larger write goes alone`() {
        let writes = [(1, 40), (2, 60), (3, 1), (4, 500), (5, 100)].map { Write(number: $0.0, byteCount: $0.1) }
        #expect(batches(writes, limits { $0.batchBytes = 100 }) == [[1, 2], [3], [4], [5]])
    }

    @Test func `two writes about the same never share a batch, and nobody is overtaken`() {
        let session = WriteClaim.session(Identifier128(high: 1, low: 2))
        let key = WriteClaim.idempotency("k", project: 1)
        let command = WriteClaim.command(Identifier128(high: 1, low: 2))
        let name = WriteClaim.name("k", project: 1)
        let claims = [[session, key], [command], [name, session], [], [key], [command], [name]]
        let writes = claims.enumerated().map { Write(number: $0.offset, claims: $0.element) }
        #expect(batches(writes) == [[0, 1], [2, 3, 4, 5], [6]])
    }

    @Test func `a batch has one generation`() {
        let writes = [1, 1, 2, 1].enumerated().map { Write(number: $0.offset, generation: $0.element) }
        #expect(batches(writes) == [[0, 1], [2], [3]])
    }

    @Test func `only so many writes may wait`() {
        var queue = WriteQueue<Write>(limits: limits { $0.waitingWrites = 2 })
        var areQueued = (1...3).map { queue.append(Write(number: $0)) }
        #expect(areQueued == [true, true, false])
        _ = queue.takeBatch()
        areQueued = [queue.append(Write(number: 3))]
        #expect(areQueued == [true] && queue.count == 1)
    }

    @Test func `only so many bytes may wait, unless one is alone`() {
        var queue = WriteQueue<Write>(limits: limits { $0.waitingBytes = 10 })
        var areQueued = [50, 1].map { queue.append(Write(number: $0, byteCount: $0)) }
        #expect(areQueued == [true, false])
        _ = queue.takeBatch()
        areQueued = [5, 4, 2].map { queue.append(Write(number: $0, byteCount: $0)) }
        #expect(areQueued == [true, true, false])
        let all = queue.takeAll()
        areQueued = [queue.append(Write(number: 7, byteCount: 10))]
        #expect(all.map(\.number) == [5, 4] && areQueued == [true] && queue.count == 1)
    }

    @Test func `a long queue is emptied in order`() {
        let cut = batches((0..<5_000).map { Write(number: $0) }, limits { $0.batchWrites = 100 })
        #expect(cut.flatMap(\.self) == Array(0..<5_000) && cut.count == 50)
    }
}
