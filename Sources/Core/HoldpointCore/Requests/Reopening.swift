import JSON

/// That a request was asked before, and who wants it asked again.
package struct Reopening: Sendable, Equatable {
    /// The request that it was before.
    package let follows: RequestID
    /// Who asks again.
    package let principal: Principal
    /// The key that spoke for them, if they are a user.
    package let via: Principal?

    package init(follows: RequestID, principal: Principal, via: Principal?) {
        self.follows = follows
        self.principal = principal
        self.via = via
    }

    func writeMembers(into writer: inout JSONWriter) {
        writer.member("follows", follows.description)
        writer.member("reopened_by", principal.text)
        if let via { writer.member("reopened_via", via.text) }
    }

    /// Reads what `writeMembers` wrote; nil if nothing was.
    static func read(from reader: inout JSONObjectReader) -> Reopening? {
        let follows = reader.optionalString("follows")
        let by = reader.optionalString("reopened_by")
        let via = reader.optionalString("reopened_via")
        if follows == nil, by == nil, via == nil { return nil }
        guard let id = follows.flatMap({ RequestID($0) }), let by else {
            reader.fail("follows", "is not of the form that was written")
            return nil
        }
        return Reopening(
            follows: id, principal: Principal(recorded: by), via: via.map { Principal(recorded: $0) })
    }
}
