import EventLoop

/// The channels that are listened to, whatever becomes of the connection.
///
/// One channel, the anchor, is always among them: subscribing to it again asks the server whether it is still there,
/// and hiredis, which would end the process at the wrong moment, never sees a connection without a subscription.
// Proof for @unchecked Sendable: `wanted` is a lock and the other `let`s are Sendable; the variables are touched only
// on the loop's thread, after `start`, which is called once before anybody else has the object.
final class Subscriptions: ConnectionOwner, @unchecked Sendable {
    private struct Wanted {
        var channels: Set<String> = []
        var changed: Set<String> = []
    }

    private let loop: EventLoop
    private let limits: RedisLimits
    private let anchor: String
    private let receive: @Sendable (RedisPush) -> Void
    private let didChange: @Sendable () -> Void
    private let wanted = Locked(Wanted())

    // Below: only on the loop's thread.
    private(set) var connection: Connection?
    /// The channels that this connection was asked for.
    private var asked: Set<String> = []
    private var lastPush = ContinuousClock.now
    /// Since when an answer is due.
    private var waitsSince: ContinuousClock.Instant?

    init(on loop: EventLoop, limits: RedisLimits, listening: RedisListening, didChange: @escaping @Sendable () -> Void)
    {
        self.loop = loop
        self.limits = limits
        anchor = listening.anchor
        receive = listening.receive
        self.didChange = didChange
    }

    func start(_ connection: Connection) {
        self.connection = connection
        connection.connect()
    }

    /// Listens to a channel from now on; false if there are too many already.
    func subscribe(_ channel: String) -> Bool {
        change { wanted in
            guard wanted.channels.count < limits.maximumChannels || wanted.channels.contains(channel) else {
                return nil
            }
            return wanted.channels.insert(channel).inserted ? channel : ""
        }
    }

    func unsubscribe(_ channel: String) {
        _ = change { $0.channels.remove(channel) ?? "" }
    }

    /// Notes which channel changed (empty: none) and asks the server at the end of the turn; false for nil.
    private func change(_ body: (inout Wanted) -> String?) -> Bool {
        let (isTaken, isFirst) = wanted.withLock { wanted -> (Bool, Bool) in
            guard let channel = body(&wanted) else { return (false, false) }
            guard !channel.isEmpty else { return (true, false) }
            let isFirst = wanted.changed.isEmpty
            wanted.changed.insert(channel)
            return (true, isFirst)
        }
        if isFirst { loop.executeAtEndOfTurn { self.passOnChanges() } }
        return isTaken
    }

    private func passOnChanges() {
        let (changed, channels) = wanted.withLock { wanted -> (Set<String>, Set<String>) in
            defer { wanted.changed = [] }
            return (wanted.changed, wanted.channels)
        }
        // A connection that comes to stand asks for all of them.
        guard let connection, connection.isUp else { return }
        let (more, fewer) = (
            changed.filter { channels.contains($0) && !asked.contains($0) },
            changed.filter { !channels.contains($0) && asked.contains($0) && $0 != anchor }
        )
        ask("SUBSCRIBE", for: more.sorted(), on: connection)
        ask("UNSUBSCRIBE", for: fewer.sorted(), on: connection)
        asked.formUnion(more)
        asked.subtract(fewer)
    }

    private func ask(_ name: String, for channels: [String], on connection: Connection) {
        guard !channels.isEmpty else { return }
        if waitsSince == nil { waitsSince = .now }
        connection.gather {
            for start in stride(from: 0, to: channels.count, by: RedisLimits.channelsAtOnce) {
                var command = RedisCommand(name)
                for channel in channels[start..<min(start + RedisLimits.channelsAtOnce, channels.count)] {
                    command.add(channel)
                }
                connection.sendListening(command)
            }
        }
    }

    func didConnect() {
        guard let connection else { return }
        lastPush = .now
        waitsSince = nil
        asked = wanted.withLock { $0.channels }.union([anchor])
        ask("SUBSCRIBE", for: [anchor] + asked.subtracting([anchor]).sorted(), on: connection)
        didChange()
    }

    func didFail(_ failure: RedisConnectFailure) {
        asked = []
        didChange()
    }

    func didReceivePush(_ push: RedisReply) {
        lastPush = .now
        waitsSince = nil
        guard let parts = push.elements, parts.count == 3, let channel = parts[1].text else { return }
        switch parts[0].text {
        case "message": receive(.message(channel: channel, payload: parts[2].bytes ?? []))
        case "subscribe":
            if channel != anchor { receive(.subscribed(channel: channel)) }
        default: break
        }
    }

    /// Looks at its limits of time.
    func tick(_ now: ContinuousClock.Instant) {
        guard let connection else { return }
        connection.tick(now)
        guard connection.isUp else { return }
        if let waitsSince {
            if now > waitsSince + limits.silenceLimit { connection.drop(.lost) }
        } else if now > lastPush + limits.heartbeat {
            ask("SUBSCRIBE", for: [anchor], on: connection)
        }
    }

    func close() {
        connection?.close()
        connection = nil
    }
}
