import HoldpointCore
import HoldpointPorts

extension StreamHub {
    /// Has this node hear of news of a project's feed that other nodes commit, until `unlisten` is called as often.
    func listen(toFeedOf scope: Scope) {
        if feeds[scope] == nil { services.ports.streams.watch(.feed(scope)) }
        feeds[scope, default: FeedWatch()].listeners += 1
    }

    /// Takes back a `listen`.
    func unlisten(toFeedOf scope: Scope) {
        guard let watch = feeds[scope], watch.listeners > 0 else { return }
        feeds[scope]?.listeners -= 1
        dropIfIdle(scope)
    }

    /// Forgets a feed that nobody wants to hear of.
    func dropIfIdle(_ scope: Scope) {
        guard let watch = feeds[scope], watch.subscribers.isEmpty, watch.listeners == 0 else { return }
        feeds[scope] = nil
        services.ports.streams.unwatch(.feed(scope))
    }
}
