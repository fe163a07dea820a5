/// The bounds of a client; each has its default.
package struct RedisLimits: Sendable {
    /// How many commands may be handed over and not answered, on each connection that takes commands; default 16,384.
    package var maximumPending = 16_384
    /// How many bytes these may have together; default 4 MiB.
    package var maximumPendingBytes = 4 << 20
    /// How many bytes one command may have; default 1 MiB.
    package var maximumCommandBytes = 1 << 20
    /// How many bytes one value of a reply may have; default 32 MiB.
    ///
    /// The connection is cut where one is larger.
    package var maximumValueBytes = 32 << 20
    /// A connection on which an answer is due and nothing comes for this time is cut; default 5 s.
    package var silenceLimit: Duration = .seconds(5)
    /// For how long an attempt to connect may last, the first exchange included; default 5 s.
    package var connectLimit: Duration = .seconds(5)
    /// How many channels may be subscribed to; default 65,536.
    package var maximumChannels = 65_536
    /// How often a subscription on which nothing comes is tried; default 5 s.
    package var heartbeat: Duration = .seconds(5)
    /// The pause before the first attempt to connect again; default 50 ms.
    ///
    /// Each one after it is twice as long, and drawn from its upper half.
    package var shortestPause: Duration = .milliseconds(50)
    /// The longest pause between attempts to connect; default 2 s.
    package var longestPause: Duration = .seconds(2)

    /// How exact the limits of time are.
    package static let tick: Duration = .milliseconds(100)
    /// How many channels one SUBSCRIBE names.
    package static let channelsAtOnce = 256

    /// The defaults.
    package init() {}
}

/// A limit of `RedisLimits` that was reached.
package enum RedisBound: String, Sendable, Equatable {
    case maximumPending
    case maximumPendingBytes
    case maximumCommandBytes
}
