package import HoldpointCore
package import JSON

/// The policies of projects, each with all its versions.
package protocol PolicyDirectory: Sendable {
    /// Puts a policy in force: a new version if the document differs from the one in force, else that one as it is.
    ///
    /// From the moment this returns, the store refuses commits whose calls were judged by another version.
    ///
    /// - Returns: nil if there is no such project.
    func putPolicy(
        _ document: JSONValue, by principal: Principal, at time: Timestamp, in scope: Scope
    ) async throws(JournalError) -> PolicyRecord?

    /// The version in force; nil if the project never had a policy.
    func policy(in scope: Scope) async throws(JournalError) -> PolicyRecord?

    /// One version; nil if there is none.
    func policy(version: Int64, in scope: Scope) async throws(JournalError) -> PolicyRecord?

    /// A page of versions, the newest first, from the one before `version`; shorter than `limit` only at the end, or
    /// when its documents reached `JournalPage.bytes`.
    func policies(
        in scope: Scope, before version: Int64?, limit: Int
    ) async throws(JournalError) -> [PolicyRecord]
}

/// One version of a project's policy, for ever as it was put.
package struct PolicyRecord: Sendable, Equatable {
    /// 1, 2, 3 … within the project.
    package let version: Int64
    /// The document, as `Policy(reading:)` takes it.
    package let document: JSONValue
    /// Who put it.
    package let principal: Principal
    /// When.
    package let createdAt: Timestamp

    package init(version: Int64, document: JSONValue, principal: Principal, createdAt: Timestamp) {
        self.version = version
        self.document = document
        self.principal = principal
        self.createdAt = createdAt
    }

    /// What its document takes as JSON text, in bytes.
    package var documentBytes: Int { document.serialized().count }
}

extension JournalPage {
    /// Whether a page was ended by its bytes, so that more may follow.
    package static func isFull(_ records: [PolicyRecord]) -> Bool {
        records.reduce(0) { $0 + $1.documentBytes } >= bytes
    }
}
