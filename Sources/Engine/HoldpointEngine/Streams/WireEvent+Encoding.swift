import HoldpointCore
import HoldpointPorts
import JSON

extension WireEvent {
    /// The form of an event that subscribers and readers of the log get.
    convenience init(_ event: RecordedEvent, of session: SessionID, id: String? = nil) {
        var writer = JSONWriter(reserving: event.data.count + 160)
        writer.beginObject()
        writer.member("seq", event.sequence)
        writer.member("type", event.type.text)
        writer.member("time", .some(event.time))
        writer.member("session", session.text)
        writer.key("data")
        writer.raw(event.data)
        writer.endObject()
        self.init(
            id: id ?? String(event.sequence), type: event.type, json: writer.bytes,
            endsSession: EventRegistry.type(named: event.type.text)?.endsSession ?? false)
    }
}
