import CEvent
import EventLoop
import Glibc
import Synchronization

extension HTTPServer {
    /// Makes the bufferevent of a connection that has just been accepted; called by libevent.
    static func accept(_ base: OpaquePointer?, _ context: UnsafeMutableRawPointer?) -> OpaquePointer? {
        guard let server = from(context), let buffer = server.makeBuffer(base) else { return nil }
        server.lastNumber += 1
        let isEncrypted = server.credentials != nil
        let connection = Connection(
            server: server, number: server.lastNumber, buffer: buffer, isEncrypted: isEncrypted)
        connection.deadline = server.loop.now + server.configuration.idleTimeout
        if isEncrypted { server.beginHandshake(connection) }
        // libevent tells nobody if it gives a new connection up. A reference of our own keeps the bufferevent
        // until `adopt` has seen whether it did.
        bufferevent_incref(buffer)
        server.connections[UInt(bitPattern: buffer)] = connection
        server.newcomers.append(connection)
        server.counters.connections.add()
        if let input = connection.input {
            evbuffer_add_cb(input, { _, info, context in HTTPServer.received(info, context) }, connection.context)
        }
        if server.connections.count >= server.configuration.maximumConnections, let listener = server.listener {
            evconnlistener_disable(listener)
        }
        return buffer
    }

    /// Learns the `evhttp_connection` of a newcomer and asks to be told of its end; false if there is none any more.
    @discardableResult
    func adopt(_ connection: Connection) -> Bool {
        guard connection.handle == nil else { return true }
        var read: bufferevent_data_cb?
        var write: bufferevent_data_cb?
        var event: bufferevent_event_cb?
        var argument: UnsafeMutableRawPointer?
        bufferevent_getcb(connection.buffer, &read, &write, &event, &argument)
        // evhttp's own callbacks have the connection as their argument; a freed bufferevent has none.
        guard let argument else { return false }
        let handle = OpaquePointer(argument)
        connection.handle = handle
        evhttp_connection_set_closecb(
            handle, { handle, context in HTTPServer.closed(handle, context) }, connection.context)
        return true
    }

    /// Sees raw bytes before evhttp does; called by libevent whenever an input buffer changes.
    private static func received(
        _ info: UnsafePointer<evbuffer_cb_info>?, _ context: UnsafeMutableRawPointer?
    ) {
        guard let info, info.pointee.n_added > 0, let connection = Connection.from(context) else { return }
        switch connection.stage {
        case .head:
            connection.server.endHandshake(connection)
            connection.server.adopt(connection)
            connection.server.touched.append(connection)
            connection.server.scan(connection, from: info.pointee.orig_size)
            if let verdict = connection.verdict { connection.server.takeOver(connection, refusing: verdict) }
        case .body: connection.server.touched.append(connection)
        case .pending, .replying, .streaming, .closing, .closed: break
        }
    }

    /// Scans the input from an offset to its end, and moves on to the body if the head ends there.
    func scan(_ connection: Connection, from offset: Int) {
        guard let input = connection.input, connection.verdict == nil else { return }
        var position = evbuffer_ptr()
        guard evbuffer_ptr_set(input, &position, offset, EVBUFFER_PTR_SET) == 0 else { return }
        let wanted = evbuffer_get_length(input) - offset
        guard wanted > 0 else { return }
        if connection.scanner.byteCount == 0 { connection.deadline = loop.now + configuration.headDeadline }
        let pieceCount = Int(evbuffer_peek(input, wanted, &position, nil, 0))
        withUnsafeTemporaryAllocation(of: iovec.self, capacity: pieceCount) { pieces in
            _ = evbuffer_peek(input, wanted, &position, pieces.baseAddress, Int32(pieceCount))
            for piece in pieces {
                let bytes = UnsafeRawBufferPointer(start: piece.iov_base, count: piece.iov_len)
                switch connection.scanner.scan(bytes, limits: scannerLimits) {
                case .incomplete: continue
                case .complete: beginBody(connection)
                case .refused(let refusal): connection.verdict = refusal
                }
                return
            }
        }
    }

    private func beginBody(_ connection: Connection) {
        connection.stage = .body
        connection.deadline = loop.now + configuration.bodyDeadline
        guard let length = connection.scanner.contentLength, length > 0 else { return }
        if bodyBytesInFlight + length > configuration.maximumBodyBytesInFlight {
            connection.verdict = .overloaded
        } else {
            connection.bodyBytes = length
            bodyBytesInFlight += length
        }
    }

    /// Gives the body's share of the budget back.
    func releaseBody(_ connection: Connection) {
        bodyBytesInFlight -= connection.bodyBytes
        connection.bodyBytes = 0
    }

    /// The connection is about to be freed, by whomever; called by libevent.
    ///
    /// Nothing may be freed here but a request that evhttp has let go of.
    private static func closed(_ handle: OpaquePointer?, _ context: UnsafeMutableRawPointer?) {
        guard let connection = Connection.from(context) else { return }
        let server = connection.server
        server.handshakeFailed(connection)
        if let request = connection.request, evhttp_request_get_connection(request) == nil {
            evhttp_request_free(request)
        }
        connection.request = nil
        if connection.stage == .pending {
            server.counters.leftWhilePending.add()
            for action in connection.disconnectActions { server.loop.execute(action) }
        }
        connection.disconnectActions = []
        server.endStream(connection)
        server.forget(connection)
    }

    /// Takes a connection that is gone, or as good as gone, out of the table.
    func forget(_ connection: Connection) {
        connection.stage = .closed
        connection.isClosed.store(true, ordering: .relaxed)
        connection.deadline = nil
        endHandshake(connection)
        releaseBody(connection)
        guard connections.removeValue(forKey: UInt(bitPattern: connection.buffer)) != nil else { return }
        counters.connections.add(-1)
        if connections.count == configuration.maximumConnections - 1, let listener { evconnlistener_enable(listener) }
        if connections.isEmpty, phase == .draining { loop.execute { [self] in finish() } }
    }

    /// Frees the connection; allowed in jobs, timers, the round hook and our own bufferevent callbacks only.
    func cut(_ connection: Connection) {
        guard connection.stage != .closed, adopt(connection), let handle = connection.handle else { return }
        // What is cut in the middle must not look complete.
        if connection.stage == .head, connection.scanner.byteCount == 0 { sayFarewell(connection) }
        evhttp_connection_free(handle)
    }

    /// Looks at what came in this round, when both libevent and the jobs had their turn; true asks for another round.
    func endRound() -> Bool {
        if !newcomers.isEmpty {
            for connection in newcomers {
                let isAlive = adopt(connection)
                bufferevent_decref(connection.buffer)
                if !isAlive { forget(connection) }
            }
            newcomers.removeAll(keepingCapacity: newcomers.count <= 1024)
            boundHandshakes()
        }
        settleTouched()
        return deliverSlice()
    }

    private func settleTouched() {
        if touched.isEmpty { return }
        for connection in touched { settle(connection) }
        touched.removeAll(keepingCapacity: touched.count <= 1024)
    }

    private func settle(_ connection: Connection) {
        if connection.isEncrypted { takeDeciphered(connection) }
        switch connection.stage {
        case .head, .body:
            if let verdict = connection.verdict {
                takeOver(connection, refusing: verdict)
            } else if let status = statusOfForeignPage(connection) {
                takeOver(connection, refusing: .replacing(libeventStatus: status))
            }
        case .pending: watchPending(connection)
        case .replying, .streaming, .closing, .closed: break
        }
    }

    /// The status of an error page that evhttp has written by itself and not sent yet.
    ///
    /// evhttp writes in its callbacks and sends in a later pass over the sockets, so that the round hook comes first.
    /// Only if libevent makes two passes in one round, for several clients that pipeline, may a page slip through: the
    /// status is the same and the connection is closed all the same, but its body is HTML.
    private func statusOfForeignPage(_ connection: Connection) -> Int? {
        guard let output = connection.output else { return nil }
        // A peek, because the front of a bufferevent's output is frozen. The status line is always one piece.
        var piece = iovec()
        guard evbuffer_peek(output, 12, nil, &piece, 1) >= 1, piece.iov_len >= 12 else { return nil }
        let digits = UnsafeRawBufferPointer(start: piece.iov_base, count: 12)[9...11]
        let status = digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }
        // 100 Continue is evhttp's to say.
        return status >= 200 ? status : nil
    }

    /// Makes the client's leaving seen while its reply is pending, and bounds what it may send meanwhile.
    private func watchPending(_ connection: Connection) {
        guard !connection.isWatched else { return }
        connection.isWatched = true
        var read: bufferevent_data_cb?
        var write: bufferevent_data_cb?
        var event: bufferevent_event_cb?
        var argument: UnsafeMutableRawPointer?
        bufferevent_getcb(connection.buffer, &read, &write, &event, &argument)
        // evhttp's read callback would end the process at the first byte that comes in now.
        bufferevent_setcb(connection.buffer, nil, write, event, argument)
        bufferevent_setwatermark(connection.buffer, Int16(EV_READ), 0, configuration.inputWatermarkBytes)
        bufferevent_enable(connection.buffer, Int16(EV_READ))
    }
}
