import CCurl
import CEvent
import EventLoop

extension ConcurrentHTTPClient {
    /// Makes the multi handle and joins it to the loop, once; false if there is no memory.
    func openMulti() -> Bool {
        if multi != nil { return true }
        guard CurlHandle.isSetUp, let multi = curl_multi_init() else { return false }
        let context = Unmanaged.passUnretained(self).toOpaque()
        timer = event_new(
            loop.base, -1, 0, { _, _, context in ConcurrentHTTPClient.from(context)?.timerFired() }, context)
        let isWatched = holdpoint_curl_multi_set_watchers(
            multi,
            { _, socket, interest, context, _ in
                ConcurrentHTTPClient.from(context)?.watch(socket, for: interest)
                return 0
            },
            { _, milliseconds, context in
                ConcurrentHTTPClient.from(context)?.setTimer(milliseconds)
                return 0
            }, context)
        guard timer != nil, isWatched == CURLM_OK else {
            curl_multi_cleanup(multi)
            freeTimer()
            return false
        }
        holdpoint_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.maximumIdleConnections)
        holdpoint_curl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
        self.multi = multi
        // The hook holds the client for as long as curl and libevent have its address.
        hook = loop.addRoundHook(atStop: { self.close() }, { false })
        return true
    }

    func closeMulti() {
        guard let multi else { return }
        self.multi = nil
        // Calls back for the sockets of idle connections.
        curl_multi_cleanup(multi)
        for event in watchedSockets.values { event_free(event) }
        watchedSockets = [:]
        freeTimer()
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> ConcurrentHTTPClient? {
        context.map { Unmanaged<ConcurrentHTTPClient>.fromOpaque($0).takeUnretainedValue() }
    }

    private func watch(_ socket: curl_socket_t, for interest: Int32) {
        if let old = watchedSockets.removeValue(forKey: socket) { event_free(old) }
        var flags = EV_PERSIST
        if interest & CURL_POLL_IN != 0 { flags |= EV_READ }
        if interest & CURL_POLL_OUT != 0 { flags |= EV_WRITE }
        guard interest != CURL_POLL_REMOVE, flags != EV_PERSIST else { return }
        let event = event_new(
            loop.base, socket, Int16(flags),
            { socket, happened, context in ConcurrentHTTPClient.from(context)?.socketIsReady(socket, happened) },
            Unmanaged.passUnretained(self).toOpaque())
        // Without memory for an event the request runs into its time limit.
        guard let event else { return }
        event_add(event, nil)
        watchedSockets[socket] = event
    }

    /// Never calls curl: it is curl that calls.
    private func setTimer(_ milliseconds: Int) {
        guard let timer else { return }
        guard milliseconds >= 0 else {
            event_del(timer)
            return
        }
        var time = timeval(tv_sec: milliseconds / 1_000, tv_usec: milliseconds % 1_000 * 1_000)
        event_add(timer, &time)
    }

    private func timerFired() {
        act(CURL_SOCKET_TIMEOUT, 0)
    }

    private func socketIsReady(_ socket: Int32, _ happened: Int16) {
        var action: Int32 = 0
        if Int32(happened) & EV_READ != 0 { action |= CURL_CSELECT_IN }
        if Int32(happened) & EV_WRITE != 0 { action |= CURL_CSELECT_OUT }
        act(socket, action)
    }

    private func act(_ socket: curl_socket_t, _ action: Int32) {
        guard let multi else { return }
        var count: Int32 = 0
        curl_multi_socket_action(multi, socket, action, &count)
        collectFinished()
    }

    private func freeTimer() {
        if let timer { event_free(timer) }
        timer = nil
    }
}
