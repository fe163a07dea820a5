package import HoldpointCore

/// Makes the HTTP calls of effects.
///
/// Every call ends: within its time limit, plus a moment. What the answer says is for the caller to judge; what may be
/// done about a failure is told apart by the case of the outcome.
package protocol HTTPCaller: Sendable {
    /// Makes one call and follows its redirects.
    ///
    /// Cancelling the task ends it early, with `unknown` if the call has left already.
    ///
    /// - Parameter isPermitted: asked immediately before each request leaves, on a thread of the port's own; after a no
    ///   nothing is sent any more. It is the place to check the lease, and it must not block.
    func perform(_ call: HTTPCall, isPermitted: @escaping @Sendable () -> Bool) async -> HTTPCall.Outcome
}

/// The caller of a node none of whose programs makes calls: nobody can be reached.
package struct NoCalls: HTTPCaller {
    package init() {}

    package func perform(_ call: HTTPCall, isPermitted: @escaping @Sendable () -> Bool) async -> HTTPCall.Outcome {
        .notPerformed(.unreachable)
    }
}
