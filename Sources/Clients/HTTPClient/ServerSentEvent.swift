/// One event of a server-sent event stream (WHATWG HTML, section 9.2).
package struct ServerSentEvent: Sendable, Equatable {
    /// The last id that the stream had named when this event was complete; empty when none was.
    package let id: String
    /// The `event` field, or `message` when there was none.
    package let type: String
    /// The `data` lines, joined by line feeds.
    package let data: String

    package init(id: String, type: String, data: String) {
        self.id = id
        self.type = type
        self.data = data
    }
}
