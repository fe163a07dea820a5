/// Where the engine's actors run: each asks for an executor when it is made.
///
/// A server answers with its loop every time. Actors on one executor call each other without a switch, which would
/// cost more than most of what they do. The simulator answers with another executor each time, so that a seed may
/// let somebody else go first at every call: what it sees includes every order that a server can come to.
package protocol ExecutorSource: Sendable {
    /// The actor whose executor the next actor shares; it is kept for as long as that one lives.
    func executor() -> any Actor

    /// Where a task goes on that waited for another thread, before it returns to its actor; nil leaves it to the pool.
    var continuations: (any TaskExecutor)? { get }
}

/// One executor for all.
package struct SharedExecutor: ExecutorSource {
    private let shared: any Actor
    package let continuations: (any TaskExecutor)?

    /// Shares the executor of an actor.
    ///
    /// - Parameter continuations: the thread that the actor runs on, as a task executor.
    package init(of shared: any Actor, continuations: any TaskExecutor) {
        self.shared = shared
        self.continuations = continuations
    }

    package func executor() -> any Actor { shared }
}

/// An executor of its own for each actor, on whatever thread or task executor its callers have.
package struct OwnExecutors: ExecutorSource {
    private actor Own {}

    package var continuations: (any TaskExecutor)? { nil }

    package init() {}

    package func executor() -> any Actor { Own() }
}
