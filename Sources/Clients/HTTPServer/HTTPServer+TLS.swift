import CEvent
import CEventOpenSSL
import EventLoop
import Glibc

extension HTTPServer {
    /// How much of a plain request is read before the connection is closed, so that the client sees the answer.
    private static let plainRequestBytes = 64 * 1024

    /// Shows these credentials to new connections; those that are open keep theirs.
    ///
    /// From any thread. Does nothing on a server that was made without TLS.
    package func use(_ credentials: TLSCredentials) {
        loop.run { if self.credentials != nil { self.credentials = credentials } }
    }

    /// Makes the bufferevent of a new connection; nil if there is no memory for one.
    func makeBuffer(_ base: OpaquePointer?) -> OpaquePointer? {
        // Without the option to close it, evhttp closes the descriptor itself.
        guard let credentials else { return bufferevent_socket_new(base, -1, 0) }
        guard let session = credentials.makeSession() else { return nil }
        // Here the bufferevent must close it, because it owns the session. It frees the session if it cannot be made.
        let buffer = bufferevent_openssl_socket_new(
            base, -1, session, BUFFEREVENT_SSL_ACCEPTING, Int32(BEV_OPT_CLOSE_ON_FREE.rawValue))
        // Requests have lengths, so that one cut short is known without the peer's farewell.
        if let buffer { bufferevent_openssl_set_allow_dirty_shutdown(buffer, 1) }
        return buffer
    }

    /// The handshake of a new connection begins.
    func beginHandshake(_ connection: Connection) {
        connection.isHandshaking = true
        connection.deadline = loop.now + configuration.handshakeDeadline
        handshakes[connection.number] = connection
    }

    /// The handshake is over, well or badly.
    func endHandshake(_ connection: Connection) {
        guard connection.isHandshaking else { return }
        connection.isHandshaking = false
        handshakes[connection.number] = nil
    }

    /// Ends the handshakes that are over, and gives up the oldest of those that are too many; not in a callback.
    ///
    /// The oldest, because one in good faith takes two round trips: whoever opens connections without end pushes out
    /// their own, and everybody else gets in.
    func boundHandshakes() {
        guard handshakes.count > configuration.maximumHandshakes else { return }
        for connection in handshakes.values where connection.isSecure { rest(connection) }
        let excess = handshakes.count - configuration.maximumHandshakes
        guard excess > 0 else { return }
        for number in handshakes.keys.sorted().prefix(excess) {
            guard let connection = handshakes[number] else { continue }
            counters.handshakesFailed.add()
            endHandshake(connection)
            cut(connection)
        }
    }

    /// The handshake is done and no request has come yet.
    func rest(_ connection: Connection) {
        endHandshake(connection)
        connection.deadline = loop.now + configuration.idleTimeout
    }

    /// The connection ends, perhaps in its handshake; called from its close callback.
    ///
    /// Plain HTTP is answered in kind.
    func handshakeFailed(_ connection: Connection) {
        guard connection.isHandshaking else { return }
        endHandshake(connection)
        if connection.isSecure { return }
        counters.handshakesFailed.add()
        guard isPlainHTTP(connection) else { return }
        counters.refused.add()
        let response = answer(to: .tlsRequired)
        guard response.headers.areSafe else { return }
        let bytes =
            ResponseHead.encode(response, date: dateCache.text(), framing: .length(response.body.count))
            + response.body
        // Nothing has been sent before, so the kernel takes all of it. What is unread when the descriptor is closed
        // would make the kernel throw it away again.
        _ = Glibc.send(connection.descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        withUnsafeTemporaryAllocation(byteCount: Self.plainRequestBytes, alignment: 1) { unread in
            _ = recv(connection.descriptor, unread.baseAddress, unread.count, Int32(MSG_DONTWAIT))
        }
    }

    private func isPlainHTTP(_ connection: Connection) -> Bool {
        while true {
            let error = bufferevent_get_openssl_error(connection.buffer)
            if error == 0 { return false }
            if ceventopenssl_is_plain_http(error) != 0 { return true }
        }
    }

    /// Tells the client that nothing more will come, so that it knows the end from a connection that was cut.
    func sayFarewell(_ connection: Connection) {
        guard let session = connection.session, connection.isSecure else { return }
        // Whether it arrives is not ours to know; an error must not be taken for the next connection's.
        SSL_shutdown(session)
        ERR_clear_error()
    }

    /// Takes what OpenSSL has deciphered and not handed out yet; in the round hook only.
    ///
    /// When the watermark stops libevent in the middle of a record, the rest of it is with OpenSSL. The socket will not
    /// say again that it is there, so that libevent would wait for bytes that the client has no reason to send.
    func takeDeciphered(_ connection: Connection) {
        guard connection.stage == .head || connection.stage == .body, let session = connection.session,
            let input = connection.input
        else { return }
        let count = Int(SSL_pending(session))
        guard count > 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { bytes in
            let taken = SSL_read(session, bytes.baseAddress, Int32(count))
            if taken > 0 { evbuffer_add(input, bytes.baseAddress, Int(taken)) }
        }
        ERR_clear_error()
        bufferevent_trigger(connection.buffer, Int16(EV_READ), 0)
    }
}

extension Connection {
    /// The `SSL *`; nil on a plain connection.
    var session: OpaquePointer? { isEncrypted ? bufferevent_openssl_get_ssl(buffer) : nil }

    /// Whether the handshake is done.
    var isSecure: Bool { session.map { SSL_is_init_finished($0) != 0 } ?? false }
}
