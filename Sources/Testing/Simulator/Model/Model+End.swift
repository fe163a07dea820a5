import HoldpointCore
import HoldpointPorts
import HoldpointTesting

extension Model {
    /// How many events were committed.
    var events: Int { histories.values.reduce(0) { $0 + Int($1.head) } }

    /// Whether a command that got 202 has no outcome yet.
    var awaitsOutcomes: Bool { promised.contains { outcomes[$0] == nil } }

    /// Whether a deadline is over whose request is pending.
    func awaitsExpiry(at now: Timestamp) -> Bool {
        asked.values.contains { $0.closing == nil && $0.expiresAt.map { $0 <= now } ?? false }
    }

    /// Whether a session of a workflow has not ended, or has not been told of another.
    var awaitsWorkflows: Bool {
        undelivered > 0 || histories.values.contains { $0.isWorkflow && !$0.state.status.isFinal }
    }

    /// The pending requests, for a report.
    var openRequests: String {
        let open = asked.sorted { $0.key < $1.key }.filter { $0.value.closing == nil }
        return open.map { "\($0.key) until \($0.value.expiresAt?.description ?? "answered")" }.joined(separator: ", ")
    }

    /// The sessions of workflows that have not ended, and what they have not been told, for a report.
    func openWorkflows(in store: MemoryStore) -> String {
        let sessions = histories.sorted { $0.key < $1.key }.map(\.value).filter {
            $0.isWorkflow && !$0.state.status.isFinal
        }
        let commands = store.inboxIDs.compactMap { store.inbox[$0] }.filter { $0.outcome == nil }
        let open = sessions.map {
            "\($0.identity.id)#\($0.head) is \($0.state.status) until \($0.state.wakeAt?.description ?? "told")"
        }
        return (open + commands.map { "\($0.command.kind) \($0.command.id) for \($0.command.session.id)" })
            .joined(separator: ", ")
    }

    /// What must hold once every fault has ceased and everybody has gone home.
    mutating func finish(with store: MemoryStore, deaths: Int) {
        catchUp(with: store)
        judgeAudit(of: store)
        for id in promised where outcomes[id] == nil {
            fail("I3", "stored command \(id) never got an outcome")
        }
        // A command that is under work at two deaths is given up by design; without them none may be.
        for id in store.inboxIDs where deaths < 2 {
            if case .dead(let reason) = outcomes[id] { fail("progress", "stored command \(id) died: \(reason)") }
        }
        for (session, name) in acknowledgedSteps {
            let history = store.session(named: session, in: scope).flatMap { histories[$0.identity.key] }
            let count = history?.steps.filter { $0 == name }.count ?? 0
            if count != 1 {
                fail("I1", "step \(name) of \(session) was acknowledged, and is in the log \(count) times")
            }
        }
        for key in store.sessionKeys {
            guard let session = store.sessions[key], let history = histories[key] else { continue }
            judgeEnd(of: session, history)
        }
    }

    private mutating func judgeEnd(of session: MemoryStore.Session, _ history: History) {
        let id = session.identity.id
        if let reason = session.quarantine { fail("progress", "session \(id) is quarantined: \(reason)") }
        if !history.state.status.isFinal, !abandoned.contains(id) {
            fail("progress", "session \(id) is \(history.state.status) at the end")
        }
        if !session.secrets.isEmpty, history.state.status.isFinal { fail("I9", "secrets of \(id) outlived it") }
        if history.isWorkflow { judgeEnd(ofWorkflow: history) }
        if Set(history.steps).count != history.steps.count { fail("I1", "session \(id) has a step twice") }
        guard let snapshot = session.snapshot else { return }
        // Fold(snapshot + tail) is fold(log), byte for byte (I6).
        guard
            var state = try? SnapshotCodec.decode(
                snapshot.state, version: snapshot.codec, identity: session.identity)
        else { return fail("I6", "the snapshot of \(id) cannot be read") }
        for event in session.events.dropFirst(Int(snapshot.sequence)) {
            let position = EventPosition(
                sequence: event.sequence, time: event.time, dataBytes: event.data.count)
            guard let known = try? EventRegistry.event(named: event.type.text, data: event.data),
                (try? state.apply(known, at: position)) != nil
            else { return fail("I6", "\(id)#\(event.sequence) cannot be folded onto the snapshot") }
        }
        if SnapshotCodec.encode(state) != SnapshotCodec.encode(history.state) {
            fail("I6", "snapshot and tail of \(id) are not the fold of its log")
        }
    }
}
