package import JSON

/// The one registry of commands that can be stored first and decided later.
package enum CommandRegistry {
    /// Every kind, in the order of the documentation.
    package static let types: [any SessionCommand.Type] = [
        StartSession.self, ReceiveMessage.self, RecordStep.self, OpenRequest.self, AnswerRequest.self,
        ClaimRequest.self, ReleaseRequest.self, DelegateRequest.self, ReopenRequest.self, WithdrawRequest.self,
        PauseSession.self, ResumeSession.self, CompleteSession.self,
        FailSession.self,
        CancelSession.self, FireDeadlines.self, DispatchCall.self, FinishCall.self, StartChild.self,
        EndChild.self,
    ]

    private static let byKind: [String: any SessionCommand.Type] = Dictionary(
        types.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })

    /// Whether this release knows the kind; if not, a later one stored the command, and this node must leave it alone.
    package static func knows(kind: String) -> Bool { byKind[kind] != nil }

    /// Reads a stored command from the object that its `write(into:)` wrote.
    package static func command(kind: String, recorded: JSONValue) throws(MalformedRecord)
        -> any SessionCommand
    {
        guard let type = byKind[kind] else { throw MalformedRecord(what: "command", violations: []) }
        return try type.init(recorded: recorded)
    }
}
