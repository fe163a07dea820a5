import CPostgres
import EventLoop

extension Connection {
    /// Sends a segment: what is to be prepared first, with a sync of its own, so that a failing segment cannot take
    /// back what later ones rely on.
    func send(_ work: Work) {
        guard let handle else { return work.complete(.failure(.connectionLost)) }
        let isFirst = sent.isEmpty
        if isFirst { lastProgress = .now }
        work.connection = self
        if case .opening(let transaction, _) = work.need {
            reservation = transaction
            transaction.connection = self
        }
        let expected = write(work.segment, to: handle)
        sent.append(Sent(work: work, expected: expected ?? []))
        guard expected != nil else { return drop(.lost) }
        if isFirst { handle.expectRows() }
        flush()
    }

    /// Hands a segment to libpq and says what is to be expected; nil if libpq refuses.
    private func write(_ segment: PostgresSegment, to handle: ConnectionHandle) -> [Expected]? {
        var expected: [Expected] = []
        expected.reserveCapacity(segment.count + 1)
        for (index, step) in segment.steps.enumerated() where shouldPrepare(step) {
            preparedCount += 1
            let name = "s\(preparedCount)"
            guard handle.prepare(step, as: name) else { return nil }
            prepared[step.statement.number] = (name, step.types)
            expected.append(.preparation(statement: index))
        }
        if !expected.isEmpty {
            guard handle.sync() else { return nil }
            expected.append(.preparationSync)
        }
        let bytes = segment.bytes
        for (index, step) in segment.steps.enumerated() {
            let known = prepared[step.statement.number]
            // With other types it is another statement to the server.
            let name = known?.types == step.types ? known?.name : nil
            guard handle.send(step, of: bytes, as: name) else { return nil }
            expected.append(.statement(index))
        }
        expected.append(.end)
        return handle.sync() ? expected : nil
    }

    private func shouldPrepare(_ step: PostgresSegment.Step) -> Bool {
        prepared[step.statement.number] == nil && preparedCount < limits.maximumPrepared
    }

    /// Sends what libpq could not yet send, and watches for the moment when it can.
    func flush() {
        guard let handle else { return }
        switch handle.flush() {
        case false:
            writeWatch?.cancel()
            writeWatch = nil
        case true:
            guard writeWatch == nil else { return }
            watch(handle.socket, for: .writing) { self.flush() }
        default: drop(.lost)
        }
    }

    /// Asks the server to end a segment, if nothing else is under way on this connection that it could hit instead.
    ///
    /// Libpq 15 can only block for that, so a thread does it; the connection takes nothing new until it is done.
    func cancel(_ work: Work) {
        guard !isCancelling, sent.count == 1, sent[0].work === work, let handle else { return }
        guard let request = CancelRequest(handle) else { return }
        let loop = loop
        isCancelling = BlockingCall.start {
            request.send()
            loop.execute {
                self.isCancelling = false
                self.pool.dispatch()
            }
        }
    }
}
