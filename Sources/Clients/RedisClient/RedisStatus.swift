/// How a client is doing, for readiness and metrics.
package struct RedisStatus: Sendable, Equatable {
    /// The connection of short commands.
    package let commands: RedisConnectionStatus
    /// The connection of blocking reads.
    package let reads: RedisConnectionStatus
    /// The connection of subscriptions; nil if the client listens to nothing.
    package let subscriptions: RedisConnectionStatus?
    /// How many commands are handed over and not answered, blocking reads not counted.
    package let pending: Int
    /// How many bytes these have.
    package let pendingBytes: Int

    /// Whether every connection stands.
    package var isUp: Bool { commands.isUp && reads.isUp && subscriptions?.isUp != false }

    /// Why a connection does not stand; nil if all do, or none has been tried yet.
    package var failure: RedisConnectFailure? {
        [commands, reads, subscriptions].compactMap { $0 }.first { !$0.isUp }?.lastFailure
    }
}

/// How one connection is doing.
package struct RedisConnectionStatus: Sendable, Equatable {
    /// Whether it stands.
    package private(set) var isUp = false
    /// Why it was cut or not made, last time; nil once it stands again, and before the first attempt has ended.
    package private(set) var lastFailure: RedisConnectFailure?
    /// How often it came to stand.
    package private(set) var connects = 0
    /// How often it was cut, or an attempt failed.
    package private(set) var failures = 0

    mutating func didConnect() {
        isUp = true
        lastFailure = nil
        connects += 1
    }

    mutating func didFail(_ failure: RedisConnectFailure) {
        isUp = false
        lastFailure = failure
        failures += 1
    }
}
