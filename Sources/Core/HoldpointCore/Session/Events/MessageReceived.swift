package import JSON

/// Somebody talked to the session; what it means is the program's affair.
package struct MessageReceived: SessionEvent {
    package static let type = EventType("message_received")
    package static let isOnFeed = false

    let content: JSONValue
    let sentBy: Principal

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("content", .some(content))
        writer.member("by", sentBy.text)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? { nil }
}

extension MessageReceived {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        content = reader.value("content")
        sentBy = reader.principal("by")
        try reader.finish()
    }
}
