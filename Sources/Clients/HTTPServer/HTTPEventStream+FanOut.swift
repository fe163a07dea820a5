extension HTTPEventStream {
    /// Queues one frame for many streams of one server, like `HTTPServer.send(_:to:)`; for whoever holds streams only.
    package static func send(_ frame: SharedBytes, to streams: [HTTPEventStream]) {
        guard let first = streams.first else { return }
        first.connection.server.queue(streams.count == 1 ? .frame(frame, first.connection) : .fanOut(frame, streams))
    }
}
