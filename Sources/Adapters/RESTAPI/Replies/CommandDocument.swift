import HoldpointCore
import HoldpointPorts
import JSON

/// A stored command as the API shows it: `{id, kind, session, status, outcome, received_at, attempts}`.
struct CommandDocument {
    let id: StoredCommandID
    let kind: String
    let session: SessionID
    let receivedAt: Timestamp
    let attempts: Int64
    let outcome: StoredOutcome?
    /// Whether pointers of a refusal are within `response`.
    let isAnswer: Bool

    /// Writes the document; `outcome` is null while the command waits.
    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id.description)
        writer.member("kind", kind)
        writer.member("session", session.text)
        writer.member("status", status)
        writer.key("outcome")
        writeOutcome(into: &writer)
        writer.member("received_at", .some(receivedAt))
        writer.member("attempts", attempts)
        writer.endObject()
    }

    private var status: String {
        switch outcome {
        case nil: "pending"
        case .applied: "applied"
        case .refused: "refused"
        case .dead: "dead"
        }
    }

    /// The status code that a direct call would have had, and the problem if there was one.
    private func writeOutcome(into writer: inout JSONWriter) {
        switch outcome {
        case nil: writer.null()
        case .applied(let reply): write(status: reply.isNew ? 201 : 200, problem: nil, into: &writer)
        case .refused(let rejection):
            let problem = Problem(rejection, under: isAnswer ? Route.responseBase : nil)
            write(status: problem.status, problem: problem, into: &writer)
        case .dead(let reason):
            let problem = Problem(Rejection(.commandDead, reason))
            write(status: problem.status, problem: problem, into: &writer)
        }
    }

    private func write(status: Int, problem: Problem?, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("status", Int64(status))
        writer.key("problem")
        if let problem { problem.write(into: &writer, requestID: nil) } else { writer.null() }
        writer.endObject()
    }
}

extension CommandReply {
    /// Whether the command made something.
    fileprivate var isNew: Bool {
        switch self {
        case .session(let isNew), .request(_, let isNew): isNew
        }
    }
}
