import CEvent
import EventLoop
import Glibc
import Synchronization

extension HTTPServer {
    /// From here on frames of at least this many bytes are shared by reference instead of being copied.
    static let sharedFrameBytes = 2048
    /// Gathered bytes are sent once there are this many, whatever comes next.
    static let gatheredBytes = 16 * 1024

    /// Ends a chunked response (RFC 9112, 7.1).
    private static let lastChunk: StaticString = "0\r\n\r\n"

    /// Turns a pending request into an event stream.
    func openStream(
        _ connection: Connection, headers: HTTPHeaders, _ open: @Sendable (HTTPEventStream) -> Void
    ) {
        guard headers.areSafe else {
            takeOver(connection, refusing: .unsafeReply)
            return
        }
        var response = HTTPResponse(status: 200, headers: headers)
        response.headers["Content-Type"] = "text/event-stream"
        if response.headers["Cache-Control"] == nil { response.headers["Cache-Control"] = "no-cache" }
        let isChunked = !connection.answering.isHTTP10
        var size = configuration.streamSendBufferBytes
        setsockopt(connection.descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        installCallbacks(connection)
        releaseBody(connection)
        connection.stage = .streaming
        connection.deadline = nil
        connection.stream = StreamState(isChunked: isChunked, now: loop.now)
        counters.streams.add()
        // A stream may stay for days: what is left of its request is not needed any more.
        if let request = connection.request, let headers = evhttp_request_get_input_headers(request) {
            evhttp_clear_headers(headers)
        }
        let head = ResponseHead.encode(
            response, date: dateCache.text(), framing: isChunked ? .chunked : .untilClose)
        // Sent in this round, with the first frames.
        head.withUnsafeBytes { gather($0, for: connection) }
        open(HTTPEventStream(connection: connection))
        if phase != .running { queue(.close(connection)) }
    }

    /// Adds to the queue, from any thread; if too much waits, the streams that are addressed are cut.
    func queue(_ delivery: DeliveryQueue.Delivery) {
        guard loop.isOnLoop else {
            loop.execute { self.queue(delivery) }
            return
        }
        guard phase == .running || phase == .draining else {
            // Nobody would ever come to it.
            if case .drained(_, let continuation) = delivery { continuation.resume(returning: false) }
            return
        }
        let isFull =
            deliveries.frameCount >= configuration.maximumQueuedFrames
            || deliveries.byteCount >= configuration.maximumQueuedBytes
        switch delivery {
        case .frame(_, let connection) where isFull: cutAsSlow(connection)
        case .fanOut(_, let streams) where isFull: for stream in streams { cutAsSlow(stream.connection) }
        case .frame, .fanOut, .close, .drained: deliveries.append(delivery)
        }
    }

    /// Does one slice of what is queued; true if more is left.
    func deliverSlice() -> Bool {
        if deliveries.isEmpty, gathering.isEmpty { return false }
        defer { sendGathered() }
        for _ in 0..<configuration.fanOutSlice {
            guard let step = deliveries.next() else { return false }
            switch step {
            case .frame(let frame, let connection): deliver(frame, to: connection)
            case .close(let connection): endProperly(connection)
            case .drained(let connection, let continuation): awaitDrained(connection, continuation)
            }
        }
        return !deliveries.isEmpty
    }

    private func deliver(_ frame: SharedBytes, to connection: Connection) {
        guard connection.stage == .streaming, let stream = connection.stream else { return }
        stream.lastSend = loop.now
        let bytes = stream.isChunked ? frame.chunk : frame.payload
        let isLast = !deliveries.isNext(for: connection)
        // A frame that goes out alone is not copied.
        if bytes.count < Self.sharedFrameBytes, !isLast || !stream.gathered.isEmpty {
            gather(bytes, for: connection)
            if isLast { sendGathered(of: connection) }
        } else {
            sendGathered(of: connection)
            write(bytes, to: connection, owner: frame)
        }
    }

    /// Keeps bytes until the next ones for this connection, or the end of the round: one call sends them all.
    private func gather(_ bytes: UnsafeRawBufferPointer, for connection: Connection) {
        guard connection.stage == .streaming, let stream = connection.stream else { return }
        if stream.gathered.isEmpty { gathering.append(connection) }
        stream.gathered.append(contentsOf: bytes)
        if stream.gathered.count >= Self.gatheredBytes { sendGathered(of: connection) }
    }

    private func sendGathered(of connection: Connection) {
        guard connection.stage == .streaming, let stream = connection.stream, !stream.gathered.isEmpty else { return }
        let bytes = stream.gathered
        stream.gathered = []
        bytes.withUnsafeBytes { write($0, to: connection, owner: nil) }
    }

    private func sendGathered() {
        guard !gathering.isEmpty else { return }
        for connection in gathering { sendGathered(of: connection) }
        gathering.removeAll(keepingCapacity: gathering.count <= 1_024)
    }

    /// Writes to a stream: straight to the kernel if nothing waits, and what is left over to the buffer.
    private func write(_ bytes: UnsafeRawBufferPointer, to connection: Connection, owner: SharedBytes?) {
        guard let output = connection.output else { return }
        let waiting = evbuffer_get_length(output)
        var rest = bytes[...]
        // What OpenSSL must encipher first can only go through the buffer.
        if waiting == 0, !connection.isEncrypted {
            let sent = Glibc.send(
                connection.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            if sent > 0 { rest = rest.dropFirst(sent) }
            // Any other error shows in the read event as well, and is dealt with there.
            if rest.isEmpty { return }
        }
        let isAlone = connection.isEncrypted && waiting == 0
        guard isAlone || waiting + rest.count <= configuration.maximumStreamOutputBytes else {
            cutAsSlow(connection)
            return
        }
        let piece = UnsafeRawBufferPointer(rebasing: rest)
        if let owner, piece.count >= Self.sharedFrameBytes {
            let reference = Unmanaged.passRetained(owner)
            let failed = evbuffer_add_reference(
                output, piece.baseAddress, piece.count,
                { _, _, context in
                    if let context { Unmanaged<SharedBytes>.fromOpaque(context).release() }
                }, reference.toOpaque())
            if failed != 0 {
                reference.release()
                cut(connection)
            }
        } else if evbuffer_add(output, piece.baseAddress, piece.count) != 0 {
            cut(connection)
        }
    }

    /// Ends a stream whose client does not keep up; it resumes with `Last-Event-ID`.
    private func cutAsSlow(_ connection: Connection) {
        guard connection.stage == .streaming else { return }
        counters.cutAsSlow.add()
        cut(connection)
    }

    /// Ends a stream so that the client sees a complete response.
    private func endProperly(_ connection: Connection) {
        guard connection.stage == .streaming, let stream = connection.stream else { return }
        if stream.isChunked {
            let end = UnsafeBufferPointer(start: Self.lastChunk.utf8Start, count: Self.lastChunk.utf8CodeUnitCount)
            gather(UnsafeRawBufferPointer(end), for: connection)
        }
        sendGathered(of: connection)
        guard connection.stage == .streaming else { return }
        beginClosing(connection)
        endStream(connection)
    }

    /// Tells whoever listens that the stream has ended; does nothing if it was told before.
    func endStream(_ connection: Connection) {
        guard let stream = connection.stream else { return }
        connection.stream = nil
        connection.isClosed.store(true, ordering: .relaxed)
        counters.streams.add(-1)
        for waiter in stream.waiters { waiter.resume(returning: false) }
        // As jobs, because this may be the close callback, in which nothing may be freed.
        for action in stream.closeActions { loop.execute(action) }
    }

    private func awaitDrained(_ connection: Connection, _ continuation: CheckedContinuation<Bool, Never>) {
        sendGathered(of: connection)
        guard connection.stage == .streaming, let stream = connection.stream else {
            continuation.resume(returning: false)
            return
        }
        if connection.outputLength == 0 {
            continuation.resume(returning: true)
        } else {
            stream.waiters.append(continuation)
        }
    }

    func resumeDrained(_ connection: Connection) {
        guard let stream = connection.stream, !stream.waiters.isEmpty else { return }
        let waiters = stream.waiters
        stream.waiters = []
        for waiter in waiters { waiter.resume(returning: true) }
    }
}
