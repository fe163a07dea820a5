import JSON

/// Writes a session's state as bytes and reads it back; equal states have equal bytes (I6).
package enum SnapshotCodec {
    /// The version that this release writes.
    ///
    /// It reads this one and all older ones.
    package static let version: Int64 = 1

    /// So many bytes are made room for at most before anything is written: what a state says of itself may be wrong.
    private static let greatestReservation = 1 << 20

    /// The state as canonical-order JSON text: members in a fixed order, labels by name.
    package static func encode(_ state: SessionState) -> [UInt8] {
        var writer = JSONWriter(reserving: 1_024 + min(state.heldBytes, greatestReservation))
        writer.beginObject()
        writer.member("id", state.identity.id.text)
        writer.member("seq", state.sequence)
        writer.member("created_at", state.createdAt.milliseconds)
        writer.member("updated_at", state.updatedAt.milliseconds)
        if let beginning = state.beginning {
            beginning.writeMembers(into: &writer)
        } else {
            writeNoBeginning(into: &writer)
        }
        writer.member("paused", state.isPaused)
        writer.member("ending", state.ending.map(json))
        writer.key("open")
        writer.beginArray()
        for open in state.openRequests { write(open, into: &writer) }
        writer.endArray()
        writer.key("closed")
        writer.beginArray()
        for closed in state.closedRequests { write(closed, into: &writer) }
        writer.endArray()
        writer.member("held_bytes", Int64(state.heldBytes))
        if !state.deferrals.isEmpty {
            writer.member("deferrals", .some(.array(state.deferrals.map { .string($0.description) })))
        }
        if let workflow = state.workflow {
            writer.key(plain: "workflow")
            workflow.write(into: &writer)
        }
        writer.endObject()
        return writer.bytes
    }

    /// Writes what a session that has not started is without.
    private static func writeNoBeginning(into writer: inout JSONWriter) {
        writer.member("agent", String?.none)
        writer.member("version", 0)
        writer.member("kind", String?.none)
        writer.member("interpreter", 0)
        writer.member("input", JSONValue?.none)
        writer.member("labels", [:])
        writer.member("on_behalf_of", String?.none)
    }

    private static func json(_ ending: SessionEnding) -> JSONValue {
        switch ending {
        case .completed(let output): ["completed": output]
        case .failed(let error): ["failed": error]
        case .cancelled: ["cancelled": true]
        case .continued(let session): ["continued": .string(session.text)]
        }
    }

    private static func write(_ open: PendingRequest, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("seq", open.sequence)
        writer.member("held_bytes", Int64(open.openingBytes))
        writer.key("request")
        open.request.write(into: &writer)
        if let progress = open.progress {
            writer.key(plain: "progress")
            progress.write(into: &writer)
        }
        writer.endObject()
    }

    private static func write(_ closed: ClosedRequest, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", closed.id.description)
        writer.member("status", closed.status.rawValue)
        writer.member("opened_by", closed.openedBy.text)
        writer.member("closed_by", closed.closedBy?.text)
        writer.member("closed_at", closed.closedAt.milliseconds)
        writer.member("fingerprint", closed.fingerprint)
        writer.member("seq", closed.sequence)
        if !closed.votes.isEmpty {
            writer.key(plain: "votes")
            writer.beginArray()
            for vote in closed.votes {
                writer.beginObject()
                writer.member("user", vote.user.text)
                writer.member("fingerprint", vote.fingerprint)
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
    }
}
