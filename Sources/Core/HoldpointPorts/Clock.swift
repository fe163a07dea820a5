package import HoldpointCore

/// Time, as a port: the simulator owns it in simulated runs.
package protocol Clock: Sendable {
    /// The store's time.
    func now() -> Timestamp

    /// Waits until the time has come; returns early, without throwing, when the task is cancelled.
    func sleep(until time: Timestamp) async

    /// Milliseconds since some moment, in a count that nothing ever sets, and that goes on while the process is stopped
    /// or the machine sleeps.
    var steadyMilliseconds: Int64 { get }

    /// Learns what the store's time is at this moment, where the store has a clock of its own.
    func agree(on time: Timestamp)
}

extension Clock {
    package var steadyMilliseconds: Int64 { now().milliseconds }

    package func agree(on time: Timestamp) {}
}

/// Randomness, as a port.
package protocol Entropy: Sendable {
    /// 128 bits that nobody can guess.
    func random128() -> Identifier128
}
