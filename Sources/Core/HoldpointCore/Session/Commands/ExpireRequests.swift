package import JSON

/// A deadline fell due: every pending request whose time is over expires.
///
/// The engine applies stored answers that were received in time before it gives this command.
package struct ExpireRequests: SessionCommand {
    package static let kind = "expire"
    package static let closesRequests = true

    package let principal = Principal.engine

    package init() {}

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        guard state.isStarted, state.ending == nil else { return .accept([], .session(isNew: false)) }
        let due = state.openRequests.filter { open in
            open.request.expiresAt.map { $0 <= context.now } ?? false
        }
        return .accept(due.map { Self.expiry(of: $0.request) }, .session(isNew: false))
    }

    /// Silence is a rejection for a permission, the declared default for others, and otherwise nothing (I8).
    private static func expiry(of request: HumanRequest) -> RequestExpired {
        let response: JSONValue? =
            request.type == .permission
            ? ["action": .string(PermissionAction.reject.rawValue)] : request.defaultAnswer
        return RequestExpired(request: request.id, response: response)
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        try reader.finish()
    }
}
