package import JSON

/// A question to a human, as it was opened.
///
/// Its JSON form is both the `data` of `hitl_requested` and, with what became of it, what the API shows.
package struct HumanRequest: Sendable {
    /// 128 random bits; whoever answers names it.
    package let id: RequestID
    /// What is asked, by type.
    package let question: any RequestQuestion
    /// A short line for lists.
    package let title: String
    /// More words for the person who answers.
    package let message: String?
    /// Data for the person who answers; not interpreted.
    package let context: JSONValue?
    /// When the session recorded it.
    package let createdAt: Timestamp
    /// When silence ends it; nil means never.
    package let expiresAt: Timestamp?
    /// The answer that silence stands for, in full form; declared when opened or never (I8).
    package let defaultAnswer: JSONValue?
    /// A schema of the caller's own that an answer must satisfy besides its type's rules.
    package let responseSchema: JSONValue?
    /// SHA-256 of the canonical arguments of a `permission` (I7); nil for other types.
    package let argumentsDigest: Digest?
    /// Who opened it.
    package let openedBy: Principal
    /// The schema that is shown, as text: written with every event, view and snapshot, and made only once.
    private let shownSchema: [UInt8]

    init(
        id: RequestID, question: any RequestQuestion, title: String, message: String?, context: JSONValue?,
        createdAt: Timestamp, expiresAt: Timestamp?, defaultAnswer: JSONValue?, responseSchema: JSONValue?,
        argumentsDigest: Digest?, openedBy: Principal
    ) {
        self.id = id
        self.question = question
        self.title = title
        self.message = message
        self.context = context
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.defaultAnswer = defaultAnswer
        self.responseSchema = responseSchema
        self.argumentsDigest = argumentsDigest
        self.openedBy = openedBy
        shownSchema = (responseSchema ?? question.answerSchema).serialized()
    }

    /// The type of the question.
    package var type: RequestType { Swift.type(of: question).type }

    /// Writes the request as an object, with what became of it; null where nothing did.
    package func write(into writer: inout JSONWriter, session: SessionID, closing: RequestClosing? = nil) {
        writer.beginObject()
        writer.member("id", id.description)
        writer.member("session", session.text)
        writer.member("type", type.rawValue)
        writer.member("status", (closing?.status ?? .pending).rawValue)
        writer.member("title", title)
        writer.member("message", message)
        question.write(into: &writer)
        writer.member("arguments_digest", argumentsDigest?.description)
        writer.member("context", context)
        writer.member("default", defaultAnswer)
        writer.key("response_schema")
        writer.raw(shownSchema)
        writer.member("custom_schema", responseSchema != nil)
        writer.member("opened_by", openedBy.text)
        writer.member("created_at", createdAt)
        writer.member("expires_at", expiresAt)
        writer.member("response", closing?.response)
        writer.member("responded_by", closing?.closedBy?.text)
        writer.member("responded_at", closing?.closedAt)
        writer.member("comment", closing?.comment)
        writer.member("approved_digest", closing?.approvedDigest?.description)
        writer.endObject()
    }

    /// What is wrong with an answer, as pointers into it; empty if it fits.
    package func violations(ofAnswer answer: JSONValue) -> [JSONViolation] {
        let found = question.violations(ofAnswer: answer)
        guard found.isEmpty, let responseSchema else { return found }
        do {
            return try JSONSchema(compiling: responseSchema).validate(answer)
        } catch {
            // It compiled when the request was opened; a later release that supports less must not let answers by.
            return [JSONViolation(pointer: .root, detail: "cannot be judged: the request's schema is not supported")]
        }
    }
}

extension HumanRequest: Equatable {
    package static func == (left: HumanRequest, right: HumanRequest) -> Bool {
        left.id == right.id && left.title == right.title && left.message == right.message
            && left.context == right.context && left.createdAt == right.createdAt
            && left.expiresAt == right.expiresAt && left.defaultAnswer == right.defaultAnswer
            && left.responseSchema == right.responseSchema && left.argumentsDigest == right.argumentsDigest
            && left.openedBy == right.openedBy && areEqual(left.question, right.question)
    }
}
