import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import PostgresJournal
import Testing

/// Which reason a refused commit is given when several hold, without a server: the order is that of the embedded store.
struct WritingFindingsTests {
    private let identity: SessionIdentity
    private let command = StoredCommandID(Identifier128(high: 1, low: 2))

    init() throws {
        identity = SessionIdentity(
            scope: Scope(tenant: try TenantName("acme"), project: try ProjectName("billing")),
            key: SessionKey(Identifier128(high: 1, low: 7)), id: try SessionID("one"))
    }

    private func commit(head: Int64, events: Int) -> SessionCommit {
        SessionCommit(
            identity: identity, fence: Fence(shard: Shard(7), epoch: 1, generation: 1), expectedHead: head,
            events: (0..<events).map { WritingScene.event(head + 1 + Int64($0)) },
            summary: WritingScene.summary(), decided: DecidedCommand(id: command, outcome: .dead("x")))
    }

    /// The reasons one after the other, each removed when it was given.
    private func reasons(
        _ commit: SessionCommit, _ findings: CommitFindings, _ remedies: [(inout CommitFindings) -> Void]
    ) -> [JournalError?] {
        var findings = findings
        var reasons = [findings.refusal(of: commit)]
        for remedy in remedies {
            remedy(&findings)
            reasons.append(findings.refusal(of: commit))
        }
        return reasons
    }

    @Test func `a start is refused for what was done before first, then for the session, then for its name`() {
        var findings = CommitFindings()
        let record = IdempotencyRecord(
            key: "k", fingerprint: "f", reply: .session(isNew: true), session: identity, createdAt: WritingScene.time(1)
        )
        let other = SessionKey(Identifier128(high: 3, low: 4))
        findings.idempotency = record
        findings.decided = .decided(.dead("y"))
        findings.foreignSend = command
        findings.session = .init(head: 4, isQuarantined: true)
        findings.namesake = other
        findings.isNameDeleted = true
        findings.isKeyForeign = true
        findings.isOutdated = true
        let reasons = reasons(
            commit(head: 0, events: 1), findings,
            [
                { $0.idempotency = nil }, { $0.decided = .unknown }, { $0.decided = .open }, { $0.foreignSend = nil },
                { $0.session = .init(head: 4, isQuarantined: false) }, { $0.session = nil }, { $0.namesake = nil },
                { $0.isNameDeleted = false }, { $0.isKeyForeign = false }, { $0.isOutdated = false },
            ])
        #expect(
            reasons == [
                .idempotencyKeyUsed(record), .alreadyDecided(.dead("y")),
                .refused("the stored command \(command) does not exist"),
                .refused("the stored command \(command) is for another session"), .quarantined, .conflict(head: 4),
                .sessionExists(other), .sessionDeleted,
                .refused("the key belongs to a session of another project"), .outdated, nil,
            ])
    }

    @Test(arguments: [0, 1]) func `a commit to a session is refused for its mark first, then for its head`(events: Int)
    {
        var findings = CommitFindings()
        findings.decided = .open
        findings.isOutdated = true
        let reasons = reasons(
            commit(head: 3, events: events), findings,
            [
                { $0.session = .init(head: 4, isQuarantined: true) },
                { $0.session = .init(head: 4, isQuarantined: false) },
                { $0.session = .init(head: 3, isQuarantined: false) }, { $0.isOutdated = false },
            ])
        #expect(reasons == [.conflict(head: 0), .quarantined, .conflict(head: 4), .outdated, nil])
    }

    @Test func `a commit beside a session that must not be there is refused if it is`() {
        var findings = CommitFindings()
        findings.decided = .open
        let reasons = reasons(
            commit(head: 0, events: 0), findings, [{ $0.session = .init(head: 4, isQuarantined: true) }])
        #expect(reasons == [nil, .conflict(head: 4)])
    }
}
