import HoldpointCore
import HoldpointPorts

/// A stored command whose callers wait.
struct Watched {
    let scope: Scope
    var signals: [Signal] = []
}

extension HITLRouter {
    /// A signal that is set when the command gets its outcome, here or at another node.
    func watch(_ id: StoredCommandID, in scope: Scope) -> Signal {
        let signal = Signal(on: executor)
        watchers[id, default: Watched(scope: scope)].signals.append(signal)
        return signal
    }

    /// Forgets a signal, whether it was set or not.
    func unwatch(_ id: StoredCommandID, _ signal: Signal) {
        watchers[id]?.signals.removeAll { $0 === signal }
        if watchers[id]?.signals.isEmpty == true { watchers[id] = nil }
    }

    /// Tells those who wait that a command has its outcome.
    func tell(_ id: StoredCommandID) async {
        for signal in watchers.removeValue(forKey: id)?.signals ?? [] { await signal.set() }
    }

    /// Hears of outcomes at other nodes until the bus is closed.
    func readAnnouncements() async {
        while true {
            let decided = await services.ports.streams.nextAnnouncements()
            if decided.isEmpty { break }
            for id in decided { await tell(id) }
        }
    }

    /// Asks the store at intervals what other nodes may have decided, until the engine stops.
    ///
    /// An announcement may have been lost. One query for all who wait; none where nobody does.
    func askForOutcomes(until stop: Signal) async {
        guard services.tenure.isShared else { return }
        let clock = services.ports.clock
        while await !stop.isSet {
            await stop.wait(
                orUntil: clock.now().adding(milliseconds: services.configuration.outcomeMilliseconds), clock: clock)
            let waiting = watchers.keys.sorted().prefix(services.configuration.timerPage).compactMap { id in
                watchers[id].map { StoredCommandReference(scope: $0.scope, id: id) }
            }
            guard !waiting.isEmpty, let decided = try? await services.ports.journal.decided(among: waiting) else {
                continue
            }
            for id in decided { await tell(id) }
        }
    }
}
