/// What runs on a loop and on nothing else: other actors may share its executor, and tasks be isolated to it.
///
/// Code that is isolated to it and calls an actor that shares its executor goes on at once, without a switch.
package actor LoopIsolation {
    private let loop: EventLoop

    nonisolated package var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    package init(on loop: EventLoop) {
        self.loop = loop
    }

    /// Starts a task that is isolated to the loop; from any thread.
    ///
    /// A task with the loop as its preferred executor would run there, too, but the runtime looks such a preference up,
    /// under a lock, at each of the task's switches.
    nonisolated package func start(_ operation: @escaping @Sendable (isolated (any Actor)?) async -> Void) {
        loop.run { self.assumeIsolated { $0.startHere(operation) } }
    }

    private func startHere(_ operation: @escaping @Sendable (isolated (any Actor)?) async -> Void) {
        Task {
            // Naming it isolates the task as this function is.
            await operation(self)
        }
    }
}
