package import JSON

/// A request was opened; the data is the request itself.
package struct RequestOpened: SessionEvent {
    package static let type = EventType("hitl_requested")

    package let request: HumanRequest

    package func write(into writer: inout JSONWriter, session: SessionID) {
        request.write(into: &writer)
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        let isKnown = state.openRequest(request.id) != nil || state.closedRequest(request.id) != nil
        if isKnown { return "the request was opened before" }
        state.open(request, at: position)
        return nil
    }
}

extension RequestOpened {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        request = try HumanRequest(recorded: data)
    }
}
