import HoldpointCore
import HoldpointPorts

extension LogVerifier {
    /// Folds the archived log of a session that was retired; `each` sees every event after it was taken.
    ///
    /// - Returns: false if the project has no archived session of that id.
    func replayArchive(
        of id: SessionID, in scope: Scope, each: (RecordedEvent) -> Void = { _ in }
    ) async throws -> Bool {
        var bytes: [UInt8] = []
        var key: SessionKey?
        var number = 0
        while let page = try await journal.archive(of: id, in: scope, page: number) {
            bytes += page.bytes
            key = page.key
            number += 1
        }
        guard let key else { return false }
        var replay = SessionReplay(of: SessionIdentity(scope: scope, key: key, id: id), hasher: hasher)
        let log: [RecordedEvent]
        do {
            log = try ArchivedLog.decode(bytes)
        } catch {
            throw replay.difference(nil, "its archived log cannot be read")
        }
        for event in log {
            try replay.take(event)
            each(event)
        }
        guard replay.state.status.isFinal else {
            throw replay.difference(replay.state.sequence, "its archived log ends before the session does")
        }
        return true
    }

    /// Checks a project's archived logs, or one of them; throws the first difference.
    func verifyArchives(of scope: Scope, only id: SessionID? = nil, into account: inout Account) async throws {
        for archived in try await archivedSessions(of: scope) where id == nil || archived == id {
            var events = 0
            if try await replayArchive(of: archived, in: scope, each: { _ in events += 1 }) {
                account.archives += 1
                account.events += events
            }
        }
    }

    /// The ids of a project's archived sessions.
    func archivedSessions(of scope: Scope) async throws(JournalError) -> [SessionID] {
        var ids: [SessionID] = []
        while true {
            let page = try await journal.archivedSessions(in: scope, after: ids.last, limit: Self.pageSize)
            ids += page
            guard page.count == Self.pageSize else { return ids }
        }
    }
}
