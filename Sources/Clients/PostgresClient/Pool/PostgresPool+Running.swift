import EventLoop

extension PostgresPool {
    /// Sends a segment as one transaction and waits for its results, one for each statement.
    ///
    /// A cancelled task takes back what still waits; what was sent is cancelled at the server if nothing else is under
    /// way on its connection, and the result tells whether that came in time. Throws `inDoubt` if the connection was
    /// cut before the end was answered. The statements must not begin or end transactions themselves.
    ///
    /// - Parameter slot: The number of the connection that must send it; nil for any.
    package func run(_ segment: PostgresSegment, on slot: Int? = nil) async throws(PostgresError) -> [PostgresResult] {
        try await perform(Work(segment, need: .any(slot: slot), ifCut: .inDoubt))
    }

    /// Sends one statement as one transaction.
    package func run(
        _ statement: PostgresStatement, _ parameters: [PostgresValue] = [], on slot: Int? = nil
    ) async throws(PostgresError) -> PostgresResult {
        try await run(PostgresSegment(statement, parameters), on: slot).first ?? PostgresResult()
    }

    /// Reads the rows of a segment's last statement page by page, however many they are.
    ///
    /// The connection rests while `body` works, so that at most two pages are in memory. The segment must not write.
    /// The server's limit of time for a statement includes the time that `body` takes. Throws `connectionLost` after a
    /// cut, possibly when `body` has had some pages.
    ///
    /// - Parameter body: Gets each page, in order and never empty; false ends the read.
    package func read(
        _ segment: PostgresSegment, _ body: ([PostgresRow]) async throws(PostgresError) -> Bool
    ) async throws(PostgresError) {
        let limits = configuration.limits
        let stream = RowStream(pageRows: max(1, limits.pageRows), pageBytes: max(1, limits.pageBytes))
        let work = Work(segment, need: .stream(stream), ifCut: .connectionLost)
        await accept(work)
        while true {
            let rows = try await page(of: stream, work)
            if rows.isEmpty { return }
            do {
                guard try await body(rows) else { return await abandon(stream, work) }
            } catch {
                await abandon(stream, work)
                throw error
            }
        }
    }

    private func page(
        of stream: RowStream, _ work: Work, isolation: isolated (any Actor)? = #isolation
    ) async throws(PostgresError) -> [PostgresRow] {
        let page: RowStream.Page = await withTaskCancellationHandler {
            _ = isolation
            return await withCheckedContinuation { continuation in
                loop.run {
                    stream.read(continuation)
                    work.connection?.resume()
                }
            }
        } onCancel: {
            loop.execute { self.cancel(work) }
        }
        return try page.get()
    }

    /// Ends a read whose rest nobody wants, and waits until its connection is free.
    private func abandon(_ stream: RowStream, _ work: Work) async {
        _ = await withCheckedContinuation { continuation in
            loop.run {
                stream.abandon()
                stream.read(continuation)
                work.connection?.resume()
                self.cancel(work)
            }
        }
    }

    private func accept(_ work: Work) async {
        await withCheckedContinuation { continuation in
            loop.run {
                self.take(work)
                continuation.resume()
            }
        }
    }

    /// Hands over work and waits for its outcome, where the caller is.
    ///
    /// What waits in it names the caller's isolation: it would run on the pool else, and a caller on the loop would go
    /// there and back twice.
    func perform(
        _ work: Work, isCancellable: Bool = true, isolation: isolated (any Actor)? = #isolation
    ) async throws(PostgresError) -> [PostgresResult] {
        guard work.segment.count > 0 else { return [] }
        let outcome: Work.Outcome = await withTaskCancellationHandler {
            _ = isolation
            return await withCheckedContinuation { continuation in
                work.completion = { continuation.resume(returning: $0) }
                loop.run { self.take(work) }
            }
        } onCancel: {
            // Never at once: the caller may be in a callback of the connection's.
            if isCancellable { loop.execute { self.cancel(work) } }
        }
        return try outcome.get()
    }
}
