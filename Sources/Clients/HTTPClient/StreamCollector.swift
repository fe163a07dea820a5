/// Takes an event stream from curl's callbacks and hands its events on at once.
///
/// A response that is no event stream (another status than 200, or another content type) is collected like any other.
final class StreamCollector: ResponseCollector {
    private var parser = ServerSentEventParser()
    private let receive: (ServerSentEvent) -> HTTPClient.StreamDecision

    init(maximumBodyBytes: Int, receive: @escaping (ServerSentEvent) -> HTTPClient.StreamDecision) {
        self.receive = receive
        super.init(maximumBodyBytes: maximumBodyBytes)
    }

    /// True when the head says 200 and `text/event-stream`.
    var isEventStream: Bool {
        let type = headers.first { $0.isNamed("Content-Type") }?.value ?? ""
        return status == 200 && type.lowercased().split(separator: ";").first == "text/event-stream"
    }

    override func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard isEventStream else { return super.receiveBody(bytes) }
        do {
            for event in try parser.consume(bytes) {
                if receive(event) == .stop { return stop() }
            }
            return bytes.count
        } catch {
            return refuse(.responseTooLarge(limitBytes: error.limitBytes))
        }
    }
}
