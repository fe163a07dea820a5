package import JSON

extension HumanRequest {
    /// Reads back what `write(into:closing:)` wrote, from an event or a snapshot.
    package convenience init(recorded value: JSONValue) throws(MalformedRecord) {
        var reader = JSONObjectReader(value)
        let idText = reader.requiredString("id")
        let typeText = reader.requiredString("type")
        let title = reader.requiredString("title")
        let message = reader.optionalString("message", nullable: true)
        let digestText = reader.optionalString("arguments_digest", nullable: true)
        let context = reader.optionalValue("context")
        let defaultAnswer = reader.optionalValue("default")
        let schema = reader.optionalValue("response_schema")
        let isCustom = reader.requiredBool("custom_schema") ?? false
        let openedBy = reader.requiredString("opened_by")
        let createdText = reader.requiredString("created_at")
        let expiresText = reader.optionalString("expires_at", nullable: true)
        let session = reader.requiredString("session")
        let approvers = Approvers.readRecorded("approvers", from: &reader)
        let followUp = RequestFollowUp.read(from: &reader, expiry: nil, isRecorded: true)
        let reopening = Reopening.read(from: &reader)
        // A request that opens is pending: nothing became of it yet.
        if reader.requiredString("status") != RequestStatus.pending.rawValue { reader.fail("status", "is not pending") }
        for key in ["response", "responded_by", "responded_at", "comment", "approved_digest"] {
            if reader.requiredValue(key)?.isNull == false { reader.fail(key, "is not null") }
        }
        let type = typeText.flatMap { RequestType(rawValue: $0) }
        let question = type.flatMap {
            RequestQuestions.question(for: $0).read(from: &reader, title: title ?? "")
        }
        let violations = reader.finish()
        guard violations.isEmpty, let question, let id = idText.flatMap({ RequestID($0) }), let title,
            let createdAt = createdText.flatMap({ Timestamp($0) }), let openedBy,
            let session = session.flatMap({ try? SessionID($0) })
        else { throw MalformedRecord(what: "request", violations: violations) }
        let expiresAt = expiresText.flatMap { Timestamp($0) }
        let digest = digestText.flatMap { Digest(hexadecimal: $0) }
        guard (expiresAt == nil) == (expiresText == nil), (digest == nil) == (digestText == nil) else {
            throw MalformedRecord(what: "request", violations: [])
        }
        self.init(
            Content(
                id: id, session: session, question: question, title: title, message: message,
                context: context?.nonNull, createdAt: createdAt, expiresAt: expiresAt,
                defaultAnswer: defaultAnswer?.nonNull, responseSchema: isCustom ? schema?.nonNull : nil,
                argumentsDigest: digest, openedBy: Principal(recorded: openedBy), approvers: approvers,
                followUp: followUp, reopening: reopening))
    }
}

/// An event, snapshot or stored command that does not have the form that its codec wrote.
package struct MalformedRecord: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was being read, for example `request` or an event's type.
    package let what: String
    /// What is wrong and where, without values.
    package let violations: [JSONViolation]

    package init(what: String, violations: [JSONViolation]) {
        self.what = what
        self.violations = violations
    }

    package var description: String {
        let places = violations.map { "\($0.pointer): \($0.detail)" }.joined(separator: "; ")
        return "malformed \(what)" + (places.isEmpty ? "" : " (\(places))")
    }
}

extension JSONValue {
    /// The value, or nil for null: where the two mean the same.
    var nonNull: JSONValue? {
        // A bare nil beside `self` would be taken for the literal of JSON's null.
        isNull ? Optional.none : self
    }
}
