import HoldpointCore
import HoldpointPorts

/// Walks audit logs, of exports and of stores, and says what was looked at.
struct AuditCheck: Sendable {
    /// What was looked at.
    struct Account: Sendable {
        var logs = 0
        var rows: Int64 = 0
        var signatures: Int64 = 0
    }

    /// The first row that does not fit, and whose.
    struct Difference: Error, Sendable {
        let scope: Scope
        let fault: AuditFault

        /// The exact place and what is wrong with it.
        var text: String { "audit log of \(scope), \(fault)" }
    }

    private static let pageSize = 500

    let hasher: any Hasher
    let verifier: any SignatureVerifier
    /// The key of the signatures, if it is known.
    let key: PublicKey?
    /// Where a log is known to have ended, from a signed document.
    let claim: (scope: Scope, head: AuditHead)?

    /// Checks an export; throws the first difference.
    func check(_ file: inout AuditFile, into account: inout Account) throws {
        guard let first = try file.next() else {
            if let claim { try finish(walker(of: claim.scope), claim.scope, &account) }
            return
        }
        let scope = first.scope
        if let claim, claim.scope != scope {
            throw CommandFailure(.usage, "--head is of \(claim.scope), and the export is of \(scope)")
        }
        // A part of a log is bound to what was before it by the hash that its first row names.
        let start =
            first.row.number > 1 ? first.previous.map { AuditHead(number: first.row.number - 1, hash: $0) } : nil
        var walker = walker(of: scope, after: start ?? .beginning)
        var next: ExportedAudit? = first
        while let exported = next {
            let previous = walker.head.hash
            guard exported.scope == scope else {
                throw difference(scope, walker.head.number + 1, "line \(file.lines) is of another project")
            }
            try take(exported.row, &walker, scope)
            guard exported.previous == previous else {
                throw difference(scope, exported.row.number, "it names another hash of the row before it")
            }
            next = try file.next()
        }
        try finish(walker, scope, &account)
    }

    /// Checks a project's log in a store; throws the first difference.
    func check(_ scope: Scope, in journal: any Journal, into account: inout Account) async throws {
        // What is appended meanwhile comes behind it.
        let state = try await journal.auditState(in: scope)
        var walker = walker(of: scope, reaching: state.head)
        while true {
            let page = try await journal.auditRows(in: scope, after: walker.head.number, limit: Self.pageSize)
            if page.isEmpty { break }
            for row in page { try take(row, &walker, scope) }
        }
        try finish(walker, scope, &account)
    }

    private func walker(
        of scope: Scope, after start: AuditHead = .beginning, reaching known: AuditHead? = nil
    ) -> AuditVerifier {
        let claims = [known, claim?.scope == scope ? claim?.head : nil].compactMap { $0 }
        return AuditVerifier(
            of: scope, after: start, reaching: claims, hasher: hasher, signatures: key.map { (verifier, $0) })
    }

    private func take(_ row: AuditRow, _ walker: inout AuditVerifier, _ scope: Scope) throws(Difference) {
        do throws(AuditFault) { try walker.take(row) } catch { throw Difference(scope: scope, fault: error) }
    }

    private func finish(
        _ walker: AuditVerifier, _ scope: Scope, _ account: inout Account
    ) throws(Difference) {
        do throws(AuditFault) { try walker.finish() } catch { throw Difference(scope: scope, fault: error) }
        account.logs += 1
        account.rows += walker.rows
        account.signatures += walker.checkedSignatures
    }

    private func difference(_ scope: Scope, _ number: Int64, _ detail: String) -> Difference {
        Difference(scope: scope, fault: AuditFault(number: number, detail: detail))
    }
}
