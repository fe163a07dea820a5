import HoldpointCore
import HoldpointPorts

/// Something to be done for a session outside its turns.
enum EffectOrder: Sendable, Hashable {
    /// An HTTP call, by the number of the event that proposed it.
    case call(SessionReference, Int64)
    /// The program goes on after a commit in between, once others had their turn.
    case goOn(SessionReference)

    /// The project that it counts for.
    var project: Scope {
        switch self {
        case .call(let session, _), .goOn(let session): session.scope
        }
    }
}
