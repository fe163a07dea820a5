import CPostgres
import EventLoop

extension Connection {
    /// Reads what has come.
    func socketIsReadable() {
        guard let handle else { return }
        lastProgress = .now
        let isSound = PQconsumeInput(handle.pointer) == 1
        // Answers that came before a cut count.
        receive()
        guard self.handle === handle else { return }
        if isSound { flush() } else { drop(.lost) }
    }

    /// Takes everything that libpq has a whole answer of.
    func receive() {
        while let handle, !isPaused {
            // This is the call that parses, also when nothing is expected.
            guard PQisBusy(handle.pointer) == 0, !sent.isEmpty else { return }
            if let pointer = PQgetResult(handle.pointer) {
                take(ResultHandle(pointer))
            } else {
                endStatement()
            }
        }
    }

    /// Goes on with a stream whose reader has taken a page.
    func resume() {
        guard isPaused, let handle else { return }
        isPaused = false
        lastProgress = .now
        watch(handle.socket, for: .reading) { self.socketIsReadable() }
        receive()
    }

    private func take(_ result: ResultHandle) {
        switch result.status {
        case PGRES_PIPELINE_SYNC: endSync()
        case PGRES_PIPELINE_ABORTED: sent[0].hasResult = true
        case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: keep(result)
        case PGRES_FATAL_ERROR: refuse(result)
        // A copy, which nobody may ask for here: there is no way back to an orderly answer.
        default: drop(.lost)
        }
    }

    private func keep(_ result: ResultHandle) {
        sent[0].hasResult = true
        guard case .statement(let number) = sent[0].expected[sent[0].position] else { return }
        let work = sent[0].work
        for index in 0..<result.rowCount {
            let isWithinLimits = work.take(PostgresRow(result: result, index: index), of: number, limits: limits)
            if !isWithinLimits { cancel(work) }
        }
        if result.status != PGRES_SINGLE_TUPLE {
            work.end(number, affectedRows: result.affectedRows, command: result.command)
        }
        if case .stream(let stream) = work.need, stream.isFull { pause() }
    }

    private func pause() {
        isPaused = true
        readWatch?.cancel()
        readWatch = nil
    }

    /// The letters by which libpq names the parts of an error (`PG_DIAG_…` in postgres_ext.h).
    private enum Field {
        static let severity = UInt8(ascii: "V")
        static let state = UInt8(ascii: "C")
        static let message = UInt8(ascii: "M")
        static let table = UInt8(ascii: "t")
        static let constraint = UInt8(ascii: "n")
    }

    private func refuse(_ result: ResultHandle) {
        sent[0].hasResult = true
        // An error that libpq made, or one with which the server ends the connection, says nothing of what is stored.
        guard let state = result.errorField(Field.state).flatMap(SQLState.init),
            result.errorField(Field.severity) == "ERROR"
        else { return drop(.lost) }
        let work = sent[0].work
        let number: Int
        switch sent[0].expected[sent[0].position] {
        case .preparation(let statement):
            number = statement
            forget(work.segment, statement)
        case .statement(let statement):
            number = statement
            if state.isStalePreparation { forget(work.segment, statement) }
        // The commit itself was refused, by a deferred constraint or in a conflict.
        case .preparationSync, .end: number = work.segment.count - 1
        }
        guard work.failure == nil else { return }
        if state.isCancellation, work.isCancelled {
            work.failure = .cancelled
        } else {
            work.failure = .refused(
                PostgresRefusal(
                    state: state, statement: number,
                    message: state.isMessagePlain ? result.errorField(Field.message) : nil,
                    constraint: result.errorField(Field.constraint), table: result.errorField(Field.table)))
        }
    }

    private func forget(_ segment: PostgresSegment, _ statement: Int) {
        prepared[segment.steps[statement].statement.number] = nil
    }

    private func endStatement() {
        // Nothing more comes although something is expected: libpq and this file do not agree.
        guard sent[0].hasResult else { return drop(.lost) }
        sent[0].hasResult = false
        // The refusal of a commit stands before the sync that it belongs to.
        if case .end = sent[0].expected[sent[0].position] { return }
        sent[0].position += 1
        handle?.expectRows()
    }

    private func endSync() {
        switch sent[0].expected[sent[0].position] {
        case .preparationSync:
            sent[0].position += 1
            handle?.expectRows()
        case .end:
            let work = sent.removeFirst().work
            if !sent.isEmpty { handle?.expectRows() }
            work.complete(work.failure.map { .failure($0) } ?? .success(work.results))
            pool.didFree(self)
        case .preparation, .statement: drop(.lost)
        }
    }
}
