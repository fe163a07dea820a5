package import HoldpointCore

/// Time, as a port: the simulator owns it in simulated runs.
package protocol Clock: Sendable {
    /// The store's time.
    func now() -> Timestamp

    /// Waits until the time has come; returns early, without throwing, when the task is cancelled.
    func sleep(until time: Timestamp) async
}

/// Randomness, as a port.
package protocol Entropy: Sendable {
    /// 128 bits that nobody can guess.
    func random128() -> Identifier128
}
