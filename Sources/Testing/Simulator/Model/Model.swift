import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON

/// What must be true, kept in a form much simpler than the engine: lists of what was seen and what was promised.
///
/// It reads the store itself, so it knows what is committed without asking the engine.
struct Model: Sendable {
    /// A session as the model folded it.
    struct History: Sendable {
        let identity: SessionIdentity
        /// The state after each event; the first is the state before any.
        var states: [SessionState]
        var chain = Digest.zero
        var steps: [String] = []
        var snapshotSequence: Int64 = 0
        /// What people have allowed and no call has used yet: digests of arguments.
        var approvals: [String: Int] = [:]

        /// Whether a workflow runs it.
        var isWorkflow: Bool { state.program == .workflow }
        var head: Int64 { Int64(states.count) - 1 }
        var state: SessionState { states.last ?? SessionState(identity: identity) }
    }

    /// A request as its first event has it.
    struct Asked: Sendable {
        let session: SessionKey
        let data: JSONValue
        var closing: Closing?
        var tally = Tally()

        var type: String { data["type"]?.stringValue ?? "" }
        var expiresAt: Timestamp? { data["expires_at"]?.stringValue.flatMap { Timestamp($0) } }
    }

    /// How a request closed.
    enum Closing: Sendable, Equatable {
        case answered(by: String, response: JSONValue)
        case expired
        case cancelled
    }

    let scope: Scope
    private(set) var violation: Violation?
    var histories: [SessionKey: History] = [:]
    var asked: [RequestID: Asked] = [:]
    /// What agents sent to open requests, by title.
    var drafts: [String: JSONValue] = [:]
    /// What people sent.
    var answers: [SentAnswer] = []
    var outcomes: [StoredCommandID: StoredOutcome] = [:]
    /// Commands that got 202.
    var promised: [StoredCommandID] = []
    /// Sessions whose agents went away without an end.
    var abandoned: Set<SessionID> = []
    /// Steps that were acknowledged.
    var acknowledgedSteps: [(session: SessionID, name: String)] = []
    /// The change of the store up to which the model has looked.
    private(set) var lastChange: Int64 = -1
    var checkedCommands: Set<StoredCommandID> = []
    /// The calls of workflows, by their sessions and the numbers of the events that proposed them.
    var calls: [CallName: Call] = [:]
    /// The calls that questions about unknown outcomes are about.
    var doubts: [RequestID: CallName] = [:]
    /// What parents recorded of their children's ends, by the events that started them.
    var endings: [CallName: JSONValue] = [:]
    /// Under which rights the nodes sent each event, by its chain value (I2).
    var sent: [Digest: Set<Fence>] = [:]
    /// By how much the clocks of two nodes may differ, in milliseconds: as far as the store's was set back.
    var tolerance: Int64 = 0
    /// Commands from session to session without an outcome.
    private(set) var undelivered = 0

    init(scope: Scope) {
        self.scope = scope
    }

    /// Keeps the first violation: what follows may only follow from it.
    mutating func fail(_ invariant: String, _ detail: @autoclosure () -> String) {
        if violation == nil { violation = Violation(invariant: invariant, detail: detail()) }
    }

    /// Takes in what was committed since the last look; returns a line for each event.
    @discardableResult
    mutating func catchUp(with store: MemoryStore) -> [String] {
        guard store.lastTransaction != lastChange else { return [] }
        lastChange = store.lastTransaction
        var lines: [String] = []
        for key in store.sessionKeys {
            guard let session = store.sessions[key] else { continue }
            var history =
                histories[key]
                ?? History(identity: session.identity, states: [SessionState(identity: session.identity)])
            if session.head < history.head { fail("I6", "the log of \(session.identity.id) became shorter") }
            for (event, fence) in zip(session.events, session.fences).dropFirst(Int(history.head))
            where violation == nil {
                lines.append("\(session.identity.id)#\(event.sequence) \(event.type)")
                judgeWriter(of: event, against: fence)
                take(event, into: &history)
                judgeSends(of: event, in: history, store)
            }
            judge(session.snapshot, of: &history)
            histories[key] = history
        }
        for id in store.inboxIDs { judge(store.inbox[id], as: id) }
        undelivered = store.inbox.values.count { $0.command.principal == .engine && $0.outcome == nil }
        return lines
    }

    /// A snapshot must be the fold of the log up to it, byte for byte (I6).
    private mutating func judge(_ snapshot: Snapshot?, of history: inout History) {
        guard let snapshot, snapshot.sequence != history.snapshotSequence else { return }
        history.snapshotSequence = snapshot.sequence
        judgeSecrecy(of: snapshot.state, in: "a snapshot of \(history.identity.id)")
        guard history.states.indices.contains(Int(snapshot.sequence)) else {
            return fail("I6", "a snapshot of \(history.identity.id) is ahead of its log")
        }
        let folded = SnapshotCodec.encode(history.states[Int(snapshot.sequence)])
        if folded != snapshot.state || SimulatedHasher().sha256(folded) != snapshot.digest {
            fail("I6", "snapshot \(snapshot.sequence) of \(history.identity.id) is not the fold of its log")
        }
    }

    /// A stored command hides its secrets, and its outcome never changes (I9, I3).
    private mutating func judge(_ row: MemoryStore.Inbox?, as id: StoredCommandID) {
        guard let row else { return }
        if checkedCommands.insert(id).inserted { judgeSecrecy(of: row.command.sealed, in: "stored command \(id)") }
        if let known = outcomes[id], row.outcome != known {
            fail("I3", "stored command \(id) had the outcome \(known), now \(String(describing: row.outcome))")
        }
        outcomes[id] = row.outcome
    }

    /// No bytes that leave the edge hold the text of a secret (I9); all secrets of a run begin with one marker.
    mutating func judgeSecrecy(of bytes: [UInt8], in place: @autoclosure () -> String) {
        guard bytes.contains(Self.marker[0]) else { return }
        for start in bytes.indices.dropLast(Self.marker.count - 1)
        where bytes[start] == Self.marker[0] && bytes[start...].starts(with: Self.marker) {
            return fail("I9", "\(place()) holds the text of a secret")
        }
    }

    /// What every secret of a run begins with; nothing else holds it.
    static let markerText = "~secret~"
    static let marker = Array(markerText.utf8)
}
