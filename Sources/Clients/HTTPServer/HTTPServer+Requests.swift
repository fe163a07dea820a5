import CEvent
import EventLoop
import Synchronization

extension HTTPServer {
    /// A request is complete; called by libevent.
    static func handle(_ request: OpaquePointer?, _ context: UnsafeMutableRawPointer?) {
        guard let request, let server = from(context), let handle = evhttp_request_get_connection(request),
            let buffer = evhttp_connection_get_bufferevent(handle),
            let connection = server.connections[UInt(bitPattern: buffer)]
        else { return }
        server.adopt(connection)
        server.receive(request, on: connection)
    }

    private func receive(_ request: OpaquePointer, on connection: Connection) {
        connection.request = request
        connection.answering.isHead = evhttp_request_get_command(request) == EVHTTP_REQ_HEAD
        // A pipelined request arrives without new bytes.
        if touched.last !== connection { touched.append(connection) }
        if let verdict = connection.verdict {
            takeOver(connection, refusing: verdict)
            return
        }
        let reading = RequestReader.read(
            request, scanner: connection.scanner, targetLimit: configuration.maximumTargetBytes)
        switch reading {
        case .failure(let refusal): takeOver(connection, refusing: refusal)
        case .success(let reading):
            connection.stage = .pending
            connection.deadline = nil
            connection.isWatched = false
            connection.answering.isHTTP10 = reading.isHTTP10
            connection.answering.mustClose = reading.headers.hasToken("close", in: "Connection")
            connection.answering.isLast =
                connection.answering.mustClose
                || reading.isHTTP10 && !reading.headers.hasToken("keep-alive", in: "Connection")
            evhttp_request_set_on_complete_cb(
                request, { _, context in HTTPServer.completed(context) }, connection.context)
            dispatch(reading, from: connection)
        }
    }

    private func dispatch(_ request: HTTPRequest, from connection: Connection) {
        guard counters.requestsInFlight.load(ordering: .relaxed) < configuration.maximumRequestsInFlight else {
            counters.refused.add()
            respond(answer(to: .overloaded), on: connection)
            return
        }
        counters.requestsInFlight.add()
        counters.requests.add()
        let exchange = HTTPExchange(connection: connection)
        isolation.start { [self] isolation in
            let reply = await handler(request, exchange, isolation)
            loop.run { [self] in
                counters.requestsInFlight.add(-1)
                finish(reply, on: connection)
            }
        }
    }

    /// Sends what the handler answered, unless the client has left.
    private func finish(_ reply: HTTPReply, on connection: Connection) {
        guard connection.stage == .pending else { return }
        connection.disconnectActions = []
        switch reply {
        case .response(let response): respond(response, on: connection)
        case .eventStream(let headers, let open):
            if connection.answering.isHead {
                var head = HTTPResponse(status: 200, headers: headers)
                head.headers["Content-Type"] = "text/event-stream"
                respond(head, on: connection)
            } else {
                openStream(connection, headers: headers, open)
            }
        }
    }

    /// Hands a response to evhttp, which sends it and then reads the next request or closes.
    private func respond(_ response: HTTPResponse, on connection: Connection) {
        guard let request = connection.request else { return }
        guard let output = evhttp_request_get_output_headers(request),
            200...599 ~= response.status, add(response, to: output, for: connection)
        else {
            takeOver(connection, refusing: .unsafeReply)
            return
        }
        if hasBody(response, for: connection), !response.body.isEmpty,
            let body = evhttp_request_get_output_buffer(request)
        {
            response.body.withUnsafeBytes { _ = evbuffer_add(body, $0.baseAddress, $0.count) }
        }
        connection.stage = .replying
        connection.deadline = loop.now + configuration.replyDeadline
        reasonPhrase(response.status).withCString {
            evhttp_send_reply(request, Int32(response.status), $0, nil)
        }
    }

    private func hasBody(_ response: HTTPResponse, for connection: Connection) -> Bool {
        response.status != 204 && response.status != 304 && !connection.answering.isHead
    }

    /// Adds the header lines; false if one could not be added, because it would split the response.
    private func add(
        _ response: HTTPResponse, to list: UnsafeMutablePointer<evkeyvalq>, for connection: Connection
    ) -> Bool {
        guard response.headers.areSafe else { return false }
        func add(_ name: String, _ value: String) -> Bool {
            // Passing the strings straight would copy each into an array.
            name.withCString { name in value.withCString { evhttp_add_header(list, name, $0) } } == 0
        }
        var isGood = true
        var hasType = false
        for field in response.headers.fields where !Self.isOwn(field.name) {
            if HTTPHeaders.same(field.name, "Content-Type") { hasType = true }
            isGood = add(field.name, field.value) && isGood
        }
        if response.status != 204, response.status != 304 {
            if !hasType, !response.body.isEmpty {
                isGood = add("Content-Type", "application/octet-stream") && isGood
            }
            isGood = add("Content-Length", String(response.body.count)) && isGood
        }
        isGood = add("Date", dateCache.text()) && isGood
        if connection.answering.mustClose || phase != .running {
            connection.answering.isLast = true
            // Or evhttp would add a keep-alive for a client of HTTP/1.0 that asked for it.
            if let request = connection.request, let input = evhttp_request_get_input_headers(request) {
                evhttp_remove_header(input, "Connection")
            }
            isGood = add("Connection", "close") && isGood
        }
        return isGood
    }

    /// Whether a header is the server's to write.
    static func isOwn(_ name: String) -> Bool {
        switch name.utf8.count {
        case 4: HTTPHeaders.same(name, "Date")
        case 10: HTTPHeaders.same(name, "Connection") || HTTPHeaders.same(name, "Keep-Alive")
        case 14: HTTPHeaders.same(name, "Content-Length")
        case 17: HTTPHeaders.same(name, "Transfer-Encoding")
        default: false
        }
    }

    /// The response has been sent, and evhttp is about to read the next request or to close; called by libevent.
    ///
    /// Nothing may be freed here.
    private static func completed(_ context: UnsafeMutableRawPointer?) {
        guard let connection = Connection.from(context), connection.stage == .replying else { return }
        let server = connection.server
        if connection.answering.isLast { server.sayFarewell(connection) }
        connection.stage = .head
        connection.request = nil
        server.releaseBody(connection)
        connection.scanner = HeadScanner()
        connection.answering = Connection.Answering()
        connection.deadline = server.loop.now + server.configuration.idleTimeout
        if connection.isWatched {
            bufferevent_setwatermark(connection.buffer, Int16(EV_READ), 0, 0)
            connection.isWatched = false
            // The round hook looks for what OpenSSL has kept back.
            if connection.isEncrypted { server.touched.append(connection) }
        }
        // What was pipelined is in the buffer already; the round hook acts on what is found.
        guard let input = connection.input, evbuffer_get_length(input) > 0 else { return }
        server.touched.append(connection)
        server.scan(connection, from: 0)
    }

    /// The answer that the server gives by itself.
    func answer(to refusal: Refusal) -> HTTPResponse {
        var response = configuration.refusal(refusal.status, refusal.code, refusal.detail)
        if refusal.status == 503 { response.headers["Retry-After"] = "1" }
        return response
    }
}
