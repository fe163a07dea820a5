package import JSON

/// A question to a human, as it was opened.
///
/// A class, since a session copies its state with every step and a request never changes. Its JSON form is both the
/// `data` of `hitl_requested` and, with what became of it, what the API shows.
package final class HumanRequest: Sendable {
    /// What a request consists of.
    struct Content: Sendable {
        let id: RequestID
        let session: SessionID
        let question: any RequestQuestion
        let title: String
        let message: String?
        let context: JSONValue?
        let createdAt: Timestamp
        let expiresAt: Timestamp?
        let defaultAnswer: JSONValue?
        let responseSchema: JSONValue?
        let argumentsDigest: Digest?
        let openedBy: Principal
        let approvers: Approvers?
        let followUp: RequestFollowUp
        let reopening: Reopening?
    }

    private let content: Content
    /// The pending request as text: written with the event, with snapshots and in views, and made only once.
    private let pendingText: [UInt8]
    /// Where in it the members are that do not depend on what became of the request.
    private let middle: Range<Int>

    init(_ content: Content) {
        self.content = content
        var writer = JSONWriter(reserving: 2_048)
        content.writeBeginning(into: &writer, status: .pending)
        let start = writer.bytes.count + 1
        content.writeMiddle(into: &writer)
        middle = start..<writer.bytes.count
        Content.writeEnd(into: &writer, closing: nil)
        pendingText = writer.bytes
    }

    /// What whoever answers names it by.
    package var id: RequestID { content.id }
    /// The session that it belongs to.
    package var session: SessionID { content.session }
    /// What is asked, by type.
    package var question: any RequestQuestion { content.question }
    /// A short line for lists.
    package var title: String { content.title }
    /// More words for the person who answers.
    package var message: String? { content.message }
    /// Data for the person who answers; not interpreted.
    package var context: JSONValue? { content.context }
    /// When the session recorded it.
    package var createdAt: Timestamp { content.createdAt }
    /// When silence ends it; nil means never.
    package var expiresAt: Timestamp? { content.expiresAt }
    /// The answer that silence stands for, in full form; declared when opened or never (I8).
    package var defaultAnswer: JSONValue? { content.defaultAnswer }
    /// A schema of the caller's own that an answer must satisfy besides its type's rules.
    package var responseSchema: JSONValue? { content.responseSchema }
    /// SHA-256 of the canonical arguments of a `permission` (I7); nil for other types.
    package var argumentsDigest: Digest? { content.argumentsDigest }
    /// Who opened it.
    package var openedBy: Principal { content.openedBy }
    /// Who may answer it and how many must; nil means whoever has a key that may.
    package var approvers: Approvers? { content.approvers }
    /// How many different people must approve it.
    package var quorum: Int64 { content.approvers?.quorum ?? 1 }
    /// What happens while nobody answers.
    package var followUp: RequestFollowUp { content.followUp }
    /// The request that it was before, if it was.
    package var reopening: Reopening? { content.reopening }
    /// The type of the question.
    package var type: RequestType { content.type }

    /// Writes the request as an object, with what became of it, null where nothing did, and what was done about it.
    package func write(
        into writer: inout JSONWriter, closing: RequestClosing? = nil, progress: RequestProgress? = nil
    ) {
        if closing == nil, progress == nil { return writer.raw(pendingText) }
        content.writeBeginning(into: &writer, status: closing?.status ?? .pending)
        writer.members(pendingText[middle])
        Content.writeEnd(into: &writer, closing: closing, progress: progress)
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

extension HumanRequest.Content {
    fileprivate var type: RequestType { Swift.type(of: question).type }

    fileprivate func writeBeginning(into writer: inout JSONWriter, status: RequestStatus) {
        writer.beginObject()
        writer.member("id", id.description)
        writer.member("session", session.text)
        writer.member("type", type.rawValue)
        writer.member("status", status.rawValue)
    }

    /// Writes the members that never change.
    fileprivate func writeMiddle(into writer: inout JSONWriter) {
        writer.member("title", title)
        writer.member("message", message)
        question.write(into: &writer)
        writer.member("arguments_digest", argumentsDigest?.description)
        writer.member("context", context)
        writer.member("default", defaultAnswer)
        writer.key(plain: "response_schema")
        writer.value(responseSchema ?? question.answerSchema)
        writer.member("custom_schema", responseSchema != nil)
        writer.member("opened_by", openedBy.text)
        writer.member("created_at", createdAt)
        writer.member("expires_at", expiresAt)
        if let approvers {
            writer.key(plain: "approvers")
            approvers.write(into: &writer)
        }
        followUp.writeMembers(into: &writer)
        reopening?.writeMembers(into: &writer)
    }

    fileprivate static func writeEnd(
        into writer: inout JSONWriter, closing: RequestClosing?, progress: RequestProgress? = nil
    ) {
        writer.member("response", closing?.response)
        writer.member("responded_by", closing?.closedBy?.text)
        writer.member("responded_at", closing?.closedAt)
        writer.member("comment", closing?.comment)
        writer.member("approved_digest", closing?.approvedDigest?.description)
        if let via = closing?.via { writer.member("responded_via", via.text) }
        if let approvals = closing?.approvals, !approvals.isEmpty {
            writer.key(plain: "approvals")
            writer.beginArray()
            for approval in approvals { approval.write(into: &writer) }
            writer.endArray()
        }
        if let progress {
            writer.key(plain: "progress")
            progress.writeView(into: &writer)
        }
        writer.endObject()
    }
}

extension HumanRequest: Equatable {
    package static func == (left: HumanRequest, right: HumanRequest) -> Bool {
        left === right || left.content == right.content
    }
}

extension HumanRequest.Content: Equatable {
    static func == (left: HumanRequest.Content, right: HumanRequest.Content) -> Bool {
        left.id == right.id && left.session == right.session && left.title == right.title
            && left.message == right.message && left.context == right.context && left.createdAt == right.createdAt
            && left.expiresAt == right.expiresAt && left.defaultAnswer == right.defaultAnswer
            && left.responseSchema == right.responseSchema && left.argumentsDigest == right.argumentsDigest
            && left.openedBy == right.openedBy && areEqual(left.question, right.question)
            && left.approvers == right.approvers && left.followUp == right.followUp
            && left.reopening == right.reopening
    }
}
