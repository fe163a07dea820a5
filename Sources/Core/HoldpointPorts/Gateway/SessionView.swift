package import HoldpointCore
package import JSON

/// A session as the API shows it.
package struct SessionView: Sendable, Equatable {
    /// Its state.
    package let state: SessionState
    /// Why it is quarantined, if it is.
    package let quarantine: String?

    package init(state: SessionState, quarantine: String?) {
        self.state = state
        self.quarantine = quarantine
    }

    /// Its status, with quarantine counted in.
    package var status: SessionStatus { quarantine != nil && !state.status.isFinal ? .quarantined : state.status }

    /// Writes `{id, agent, version, status, seq, input, output, error, open_requests, labels, on_behalf_of,
    /// created_at, updated_at}`.
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", state.identity.id.text)
        writer.member("agent", state.agent?.text)
        writer.member("version", state.agentVersion)
        writer.member("status", status.rawValue)
        writer.member("seq", state.sequence)
        writer.key("input")
        writer.raw(state.inputText)
        writer.member("output", output)
        writer.member("error", error)
        writer.key("open_requests")
        writer.beginArray()
        for open in state.openRequests { open.request.write(into: &writer) }
        writer.endArray()
        writer.member("labels", state.labels)
        writer.member("on_behalf_of", state.onBehalfOf)
        writer.member("created_at", .some(state.createdAt))
        writer.member("updated_at", .some(state.updatedAt))
        writer.endObject()
    }

    private var output: JSONValue? {
        if case .completed(let output) = state.ending { output } else { nil }
    }

    private var error: JSONValue? {
        if case .failed(let error) = state.ending { error } else { nil }
    }
}
