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
    /// created_at, updated_at}`, and of a workflow's lineage what there is: `parent`, whose workflow started it;
    /// `continues`, for which it goes on; `continued_as`, which goes on for it.
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
        for open in state.openRequests { open.request.write(into: &writer, progress: open.progress) }
        writer.endArray()
        writer.member("labels", state.labels)
        writer.member("on_behalf_of", state.onBehalfOf)
        writer.member("created_at", .some(state.createdAt))
        writer.member("updated_at", .some(state.updatedAt))
        if let parent = state.parent { writer.member("parent", parent.session.text) }
        if let continues = state.continues { writer.member("continues", continues.previous.text) }
        if case .continued(let next) = state.ending { writer.member("continued_as", next.text) }
        writer.endObject()
    }

    private var output: JSONValue? {
        if case .completed(let output) = state.ending { output } else { nil }
    }

    private var error: JSONValue? {
        if case .failed(let error) = state.ending { error } else { nil }
    }
}
