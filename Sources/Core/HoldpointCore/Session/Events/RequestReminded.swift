package import JSON

/// Nobody has answered a request, and it is time to tell people again.
package struct RequestReminded: SessionEvent {
    package static let type = EventType("hitl_reminded")

    let request: RequestID
    /// The number of the reminder, from 1 on; those that nobody was there to give in time are left out.
    let number: Int64

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("request", request.description)
        writer.member("number", number)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        state.progress(of: request) { open, progress in
            guard number > progress.reminded, number <= open.dueReminders(at: position.time) else {
                return "the reminder is not due"
            }
            progress.reminded = number
            return nil
        }
    }
}

extension RequestReminded {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        request = reader.request("request")
        number = reader.count("number")
        try reader.finish()
    }
}
