package import HoldpointCore

/// The audit logs of projects: rows that are only ever added, each bound to all before it.
///
/// A log follows its project's feed. Rows and the place up to which the feed is audited change in one transaction, and
/// only if both are where the writer saw them: so each event of the feed is audited once, whatever dies and whoever
/// else audits, and a log has no branches. No session is retired while an event of it on the feed is not audited.
package protocol AuditLog: Sendable {
    /// Where a project's log ends, and up to which place its feed is audited.
    func auditState(in scope: Scope) async throws(JournalError) -> AuditState

    /// Appends rows and moves on in the feed, in one transaction; false if the log is not as `append.from` says, in
    /// which case nothing was changed.
    ///
    /// - Throws: `fenced` if the fence is stale; then nothing was changed.
    func append(_ append: AuditAppend) async throws(JournalError) -> Bool

    /// A page of a project's log, from the row after `number`; shorter than `limit` only at the end, or when its
    /// entries reached `JournalPage.bytes`.
    func auditRows(in scope: Scope, after number: Int64, limit: Int) async throws(JournalError) -> [AuditRow]

    /// The row in which the decision of a request is audited.
    func auditRow(of request: RequestID, in scope: Scope) async throws(JournalError) -> AuditRow?

    /// Looks at a page of all projects, by tenant and name after `scope`, for events on their feeds that are not
    /// audited.
    ///
    /// - Parameter limit: projects to look at; each is found or not by one look into an index.
    func unaudited(after scope: Scope?, limit: Int) async throws(JournalError) -> UnauditedPage
}

/// The end of a project's audit log.
package struct AuditState: Sendable, Hashable {
    /// The last row.
    package let head: AuditHead
    /// The place of the last event of the feed that is audited.
    package let position: FeedPosition

    package init(head: AuditHead, position: FeedPosition) {
        self.head = head
        self.position = position
    }

    /// Before the first row.
    package static let beginning = AuditState(head: .beginning, position: .start)
}

extension AuditRow {
    /// A row as it was found in a store, whatever somebody has done to it: whoever verifies it finds what does not fit.
    ///
    /// - Parameter request: nil for none; a nil within for one that cannot be read.
    package init(found number: Int64, entry: [UInt8], hash: [UInt8], request: RequestID??, signature: [UInt8]?) {
        let none = RequestID(time: Timestamp(milliseconds: 0), random: Identifier128(high: 0, low: 0))
        self.init(
            number: number, entry: entry, hash: Digest(bytes: hash) ?? .zero, request: request.map { $0 ?? none },
            signature: signature.map { Signature(bytes: $0) ?? .blank })
    }
}

/// Rows to be appended to a project's audit log.
package struct AuditAppend: Sendable {
    /// Tenant and project.
    package let scope: Scope
    /// The right to write the shard that audits the project.
    package let fence: Fence
    /// The log as the writer saw it.
    package let from: AuditState
    /// The rows, numbered from the next one on; may be empty.
    package let rows: [AuditRow]
    /// The place of the last event of the feed that is audited then.
    package let position: FeedPosition

    package init(scope: Scope, fence: Fence, from: AuditState, rows: [AuditRow], position: FeedPosition) {
        self.scope = scope
        self.fence = fence
        self.from = from
        self.rows = rows
        self.position = position
    }

    /// The log after it.
    package var to: AuditState { AuditState(head: rows.last?.head ?? from.head, position: position) }

    /// Bytes of the entries.
    package var byteCount: Int { rows.reduce(0) { $0 + $1.entry.count } }

    /// Why a store must refuse it, whatever it holds.
    package var refusal: JournalError? {
        if fence.shard != Shard(auditing: scope) { return .fenced }
        if rows.count > AuditLimits.rows {
            return .refused("at most \(AuditLimits.rows) rows are appended to an audit log at once, not \(rows.count)")
        }
        if let row = rows.first(where: { $0.entry.count > AuditLimits.entryBytes }) {
            return .refused("the entry of row \(row.number) is longer than \(AuditLimits.entryBytes) bytes")
        }
        let isDense = zip(rows, (from.head.number + 1)...).allSatisfy { $0.number == $1 }
        if !isDense { return .refused("the rows are not the next ones of the audit log") }
        return position < from.position ? .refused("an audit does not go back in the feed") : nil
    }
}

/// What a look at some projects found.
package struct UnauditedPage: Sendable, Equatable {
    /// Those with events that are not audited.
    package let scopes: [Scope]
    /// The last project that was looked at; nil if there are no more.
    package let last: Scope?

    package init(scopes: [Scope], last: Scope?) {
        self.scopes = scopes
        self.last = last
    }
}
