import HoldpointCore

/// Lets sessions of a project judge calls one after another, once they have got in each other's way.
///
/// Each judges without waiting at first. When the store says that a counter has changed meanwhile, the session comes
/// here: who has the turn reads, decides and commits before the next one reads, so that on one node nobody is refused
/// again and again for what others do.
actor CounterTurns {
    private var waiting: [Scope: FirstInFirstOut<UnsafeContinuation<Void, Never>>] = [:]
    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(on executor: any Actor) {
        self.executor = executor
    }

    /// Waits for the project's turn; `end` gives it to the next in line.
    ///
    /// As many can wait as sessions have a turn of their own, which their mailboxes bound.
    func begin(_ scope: Scope) async {
        guard waiting[scope] != nil else {
            waiting[scope] = FirstInFirstOut()
            return
        }
        await withUnsafeContinuation { waiting[scope]?.append($0) }
    }

    /// Gives the project's turn up.
    func end(_ scope: Scope) {
        if let next = waiting[scope]?.popFirst() {
            next.resume()
        } else {
            waiting[scope] = nil
        }
    }
}
