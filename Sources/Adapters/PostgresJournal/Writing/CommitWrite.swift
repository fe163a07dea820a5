import HoldpointCore
import HoldpointPorts

/// A commit on its way into a batch.
struct CommitWrite: BatchedWrite {
    let commit: SessionCommit
    /// The project that the commit's scope names.
    let project: ProjectNumbers

    /// What it does to its session.
    var kind: CommitKind { CommitKind(commit) }

    /// The session's head after the commit.
    var head: Int64 { commit.expectedHead + Int64(commit.events.count) }

    var byteCount: Int {
        commit.events.reduce(256 + (commit.snapshot?.state.count ?? 0)) { $0 + $1.data.count + 128 }
            + commit.secrets.reduce(0) { $0 + $1.box.count + 128 }
            + commit.sends.reduce(0) { $0 + $1.sealed.count + 256 }
            + commit.counters.reduce(0) { $0 + $1.key.text.utf8.count + 128 }
            + commit.outbox.count * 256
    }

    var claims: [WriteClaim] {
        var claims: [WriteClaim] = [.session(commit.identity.key.value)]
        if kind == .start { claims.append(.name(commit.identity.id.text, project: project.project)) }
        if let record = commit.idempotency { claims.append(.idempotency(record.key, project: project.project)) }
        if let decided = commit.decided { claims.append(.command(decided.id.value)) }
        for command in commit.sends { claims.append(.command(command.id.value)) }
        for change in commit.counters { claims.append(.counter(change.key, project: project.project)) }
        return claims
    }

    func fits(with first: Self) -> Bool { commit.fence.generation == first.commit.fence.generation }

    /// Why a store must refuse the commit, whatever it holds.
    static func refusalOfForm(_ commit: SessionCommit) -> JournalError? {
        if commit.identity.key.shard != commit.fence.shard { return .fenced }
        var head = commit.expectedHead
        for event in commit.events {
            head += 1
            if event.sequence != head { return .refused("event \(event.sequence) is not the next one") }
        }
        if let snapshot = commit.snapshot, snapshot.sequence > head {
            return .refused("the snapshot is ahead of the log")
        }
        return commit.refusalOfSends
    }
}
