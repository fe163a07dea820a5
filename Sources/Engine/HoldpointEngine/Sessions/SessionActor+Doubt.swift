import HoldpointCore
import HoldpointPorts

extension SessionActor {
    /// Reads the session again after a commit whose outcome is unknown, or after another wrote.
    func becomeSound() async throws(SessionFailure) {
        do {
            // Nothing of an earlier segment may still land once the log is read.
            if let doubted { try await fenceOff(doubted) }
        } catch {
            throw SessionFailure(error)
        }
        let loader = SessionLoader(
            journal: services.ports.journal, hasher: services.ports.hasher, counters: services.counters)
        if let loaded = try await loader.load(identity.key, in: identity.scope) {
            state = loaded.state
            chain = loaded.chain
            snapshotSequence = loaded.snapshotSequence
            bytesSinceSnapshot = loaded.bytesSinceSnapshot
            quarantine = loaded.quarantine
        } else {
            state = SessionState(identity: identity)
            chain = .zero
            snapshotSequence = 0
            bytesSinceSnapshot = 0
        }
        standing = .sound
        doubted = nil
        judgePermits()
        announceHead()
        await services.deadlines.arm(identity.reference, at: quarantine == nil ? state.timerAt : nil)
    }

    /// Finds out whether a commit in doubt was made, asking until the store can tell.
    ///
    /// - Throws: `inDoubt` when the store could not tell in time; the session stays lost and is read again later.
    func wasMade(_ commit: SessionCommit, detail: String) async throws(SessionFailure) -> Bool {
        let clock = services.ports.clock
        for _ in 0..<services.configuration.doubtTries {
            if let answer = await tryToTell(commit) { return answer }
            await clock.sleep(
                until: clock.now().adding(milliseconds: services.configuration.doubtMilliseconds))
        }
        // A deadline makes somebody look again, even if no caller comes back.
        await services.deadlines.retry(
            identity.reference, at: clock.now().adding(milliseconds: services.configuration.timerRetryMilliseconds))
        throw .inDoubt(detail)
    }

    /// Whether the commit was made; nil while the store cannot tell.
    private func tryToTell(_ commit: SessionCommit) async -> Bool? {
        let journal = services.ports.journal
        do {
            try await fenceOff(commit.fence)
            if let first = commit.events.first {
                // The chain binds the event to its bytes and its time, so an equal value is this very commit.
                let found = try await journal.events(
                    of: identity.key, in: identity.scope, after: first.sequence - 1, limit: 1)
                return found.first?.chain == first.chain
            }
            if let decided = commit.decided {
                return try await journal.storedCommand(decided.id, in: identity.scope)?.outcome == decided.outcome
            }
            if let claim = commit.idempotency {
                return try await journal.idempotencyRecord(claim.key, in: identity.scope) == claim
            }
            return true
        } catch {
            return nil
        }
    }

    /// Makes sure that nothing that was sent under a fence can still land: raises the generation, unless that was done.
    private func fenceOff(_ old: Fence) async throws(JournalError) {
        guard let current = await services.ownership.fence(for: old.shard), current.epoch == old.epoch,
            current.generation == old.generation
        else { return }
        do {
            await services.ownership.raise(to: try await services.ports.journal.raiseGeneration(of: current))
        } catch .fenced {
            // The epoch is over: nothing may be written or sent for this shard any more.
            await services.ownership.drop(old.shard)
            throw .fenced
        }
    }

    /// The fence of the same epoch that took an old one's place; nil if there is none, so that the shard is another's.
    func fenceAfter(_ old: Fence) async -> Fence? {
        try? await fenceOff(old)
        guard let current = await services.ownership.fence(for: old.shard), current.epoch == old.epoch,
            current.generation > old.generation
        else { return nil }
        return current
    }

    private func announceHead() {
        guard state.isStarted else { return }
        services.ports.streams.ring(
            Doorbell(session: identity, head: state.sequence, events: [], isOnFeed: true))
    }

    /// Decides stored answers of this session that are still without an outcome, oldest first.
    ///
    /// An answer that was received before a deadline wins over it, however late it is applied (I3).
    func applyStoredAnswers() async throws(SessionFailure) {
        let stored: [StoredCommand]
        do {
            stored = try await services.ports.journal.undecided(
                of: identity.key, in: identity.scope, limit: services.configuration.sessionLimits.totalRequests)
        } catch {
            throw SessionFailure(error)
        }
        let codec = StoredCommandCodec(secretBox: services.ports.secretBox)
        for answer in stored where answer.isAnswer {
            do {
                _ = try await decide(try codec.open(answer))
            } catch .failed {
                // One that fails by itself is the router's to count and give up; it must not hold up the rest.
                continue
            }
        }
    }
}
