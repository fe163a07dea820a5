import CCurl
import EventLoop

extension ConcurrentHTTPClient {
    func accept(_ exchange: Exchange, _ continuation: Exchange.Continuation) {
        exchange.continuation = continuation
        if isStopped { return finish(exchange, .stopped) }
        if exchange.isCancelled { return finish(exchange, .cancelled) }
        if running.count < configuration.maximumRunning { return start(exchange) }
        guard waiting.count < configuration.maximumWaiting else { return finish(exchange, .overloaded) }
        waiting.append(exchange)
        exchange.overdue = loop.schedule(after: exchange.deadline - .now) {
            self.waiting.removeAll { $0 === exchange }
            self.finish(exchange, .timedOut)
        }
    }

    func cancel(_ exchange: Exchange) {
        exchange.isCancelled = true
        if let handle = exchange.transfer?.pointer, running[handle] === exchange {
            remove(handle)
            finish(exchange, .cancelled)
            startWaiting()
        } else if waiting.contains(where: { $0 === exchange }) {
            waiting.removeAll { $0 === exchange }
            finish(exchange, .cancelled)
        }
    }

    private func start(_ exchange: Exchange) {
        exchange.overdue?.cancel()
        exchange.overdue = nil
        let remaining = exchange.deadline - .now
        guard remaining > .zero else { return finish(exchange, .timedOut) }
        guard openMulti(), let multi else { return finish(exchange, .overloaded) }
        do {
            let transfer = try GuardedTransfer(
                exchange.request, timeout: remaining, authoritiesFile: configuration.authoritiesFile)
            guard curl_multi_add_handle(multi, transfer.pointer) == CURLM_OK else {
                return finish(exchange, .overloaded)
            }
            exchange.transfer = transfer
            running[transfer.pointer] = exchange
        } catch {
            finish(exchange, .invalidRequest)
        }
    }

    func startWaiting() {
        while !isStopped, running.count < configuration.maximumRunning, !waiting.isEmpty {
            start(waiting.removeFirst())
        }
    }

    /// Takes from curl what has come to its end.
    func collectFinished() {
        guard let multi else { return }
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
            // Removing the handle frees the message.
            let code = message.pointee.data.result
            guard let exchange = remove(handle) else { continue }
            guard let transfer = exchange.transfer else { continue }
            exchange.finish(transfer.result(code))
        }
        startWaiting()
    }

    @discardableResult
    private func remove(_ handle: UnsafeMutableRawPointer) -> Exchange? {
        curl_multi_remove_handle(multi, handle)
        return running.removeValue(forKey: handle)
    }

    private func finish(_ exchange: Exchange, _ reason: ExchangeFailure.Reason) {
        let mayHaveLeft = exchange.transfer?.mayHaveLeft ?? false
        exchange.finish(.failure(ExchangeFailure(reason: reason, mayHaveLeft: mayHaveLeft)))
    }

    /// Ends everything and frees what curl and the loop hold; only on the loop's thread.
    func close() {
        isStopped = true
        let ended = running
        for handle in ended.keys { remove(handle) }
        let unstarted = waiting
        waiting = []
        closeMulti()
        for exchange in ended.values { finish(exchange, .stopped) }
        for exchange in unstarted { finish(exchange, .stopped) }
    }
}

/// One request from the moment when it is handed over until its result is.
// Proof for @unchecked Sendable: the `let`s are Sendable and never change; every variable is touched only on the
// client's loop.
final class Exchange: @unchecked Sendable {
    typealias Result = Swift.Result<HTTPClient.Response, ExchangeFailure>
    typealias Continuation = CheckedContinuation<Result, Never>

    let request: GuardedRequest
    let deadline: ContinuousClock.Instant

    var continuation: Continuation?
    /// Set when its turn has come.
    var transfer: GuardedTransfer?
    /// Fires if the time is over before its turn comes.
    var overdue: EventWatch?
    var isCancelled = false

    init(_ request: GuardedRequest) {
        self.request = request
        deadline = .now + min(request.request.timeout, CurlHandle.longestTimeout)
    }

    func finish(_ result: Result) {
        overdue?.cancel()
        overdue = nil
        transfer = nil
        continuation?.resume(returning: result)
        continuation = nil
    }
}
