import HoldpointCore
import HoldpointPorts

/// A command on its way to a session, with what must be committed beside its events.
struct CommandEnvelope: Sendable {
    var command: any SessionCommand
    /// The stored command that this is, if it was stored first.
    var stored: StoredCommandID?
    /// The caller's key against repetition.
    var idempotency: IdempotencyClaim?
    /// Whether an operator vouches with it for a quarantined session: the mark is lifted in the turn that decides it.
    ///
    /// So nothing that waited for that comes before the operator's word.
    var liftsQuarantine = false
}

/// A caller's key against repetition, and the fingerprint of what it came with.
struct IdempotencyClaim: Sendable, Equatable {
    let key: String
    let fingerprint: String
}

/// What a session made of a command, once that is committed.
enum CommandOutcome: Sendable {
    /// It was applied; the views are those after it.
    case applied(AppliedCommand)
    /// It changed nothing.
    case rejected(Rejection)
    /// The stored command was given up before.
    case dead(String)
}

/// An applied command, with the views that a caller is shown; shared rather than copied on its way to the caller.
final class AppliedCommand: Sendable {
    let reply: CommandReply
    let session: SessionView
    /// The request that the reply names, where the session still has it at hand.
    let request: RequestView?
    /// Whether it changed what the directory keeps of a session: its being there, its end, its pending requests.
    let isNews: Bool
    /// Whether a key against repetition said that it was done before.
    let isReplay: Bool

    init(reply: CommandReply, session: SessionView, request: RequestView?, isNews: Bool, isReplay: Bool) {
        self.reply = reply
        self.session = session
        self.request = request
        self.isNews = isNews
        self.isReplay = isReplay
    }
}

/// Why a session could not decide or commit; the command may be given again.
enum SessionFailure: Error, Sendable {
    /// The store or this node cannot take it now; nothing changed.
    case unavailable(String)
    /// Too many commands wait for this session.
    case overloaded
    /// Whether it was applied is unknown.
    case inDoubt(String)
    /// The shard has another owner.
    case notOwner
    /// The actor left memory; the directory has or makes another.
    case retired
    /// The project knows another session by this id.
    case sessionExists(SessionKey)
    /// The policy or a counter by which a call was judged has changed since; nothing changed.
    case outdated
    /// A later release wrote the session or the command: nothing changed, and a node of that release can take it.
    case newer(String)
    /// The command itself, or what is stored of the session, is at fault.
    case failed(String)
}

extension SessionFailure {
    /// The failure that a store's error means for a session.
    init(_ error: JournalError) {
        switch error {
        case .unavailable(let detail): self = .unavailable(detail)
        case .overloaded: self = .overloaded
        case .inDoubt(let detail): self = .inDoubt(detail)
        case .fenced: self = .notOwner
        case .conflict: self = .unavailable("the session was written by another owner")
        case .sessionExists(let key): self = .sessionExists(key)
        case .outdated: self = .outdated
        case .idempotencyKeyUsed, .alreadyDecided, .quarantined: self = .unavailable("decided meanwhile")
        // The store's own words name its place; what a tenant may read must not.
        case .refused: self = .failed("the store refuses the data")
        case .sessionDeleted: self = .failed("the session was deleted")
        case .corrupt: self = .failed("what is stored cannot be read")
        }
    }
}
