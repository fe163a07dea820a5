import CEvent
import EventLoop

extension HTTPServer {
    private static let heartbeatFrame = SharedBytes(": hb\n\n".utf8)

    /// How often deadlines and heartbeats are looked at: one timer for all connections.
    var sweepInterval: Duration {
        let shortest =
            [
                configuration.headDeadline, configuration.bodyDeadline, configuration.replyDeadline,
                configuration.idleTimeout, configuration.lingerDeadline, configuration.heartbeat,
                configuration.handshakeDeadline,
            ].min() ?? .seconds(1)
        return min(max(shortest / 8, .milliseconds(5)), .milliseconds(250))
    }

    /// Closes what is past its deadline, sends heartbeats, and accepts again if accepting was paused.
    func sweep() {
        guard phase != .stopped else { return }
        let now = loop.now
        var due: [Connection] = []
        var silent: [HTTPEventStream] = []
        for connection in connections.values {
            if let deadline = connection.deadline, deadline <= now {
                due.append(connection)
            } else if let stream = connection.stream, stream.lastSend + configuration.heartbeat <= now {
                silent.append(HTTPEventStream(connection: connection))
            }
        }
        for connection in due { expire(connection) }
        if !silent.isEmpty { queue(.fanOut(Self.heartbeatFrame, silent)) }
        if let listener, connections.count < configuration.maximumConnections {
            // Does nothing if it is enabled already.
            evconnlistener_enable(listener)
        }
    }

    private func expire(_ connection: Connection) {
        switch connection.stage {
        case .head where connection.scanner.byteCount > 0, .body:
            counters.timedOut.add()
            takeOver(connection, refusing: .timeout)
        case .head where connection.isHandshaking && connection.isSecure: rest(connection)
        case .head, .replying:
            counters.timedOut.add()
            cut(connection)
        case .closing: cut(connection)
        case .pending, .streaming, .closed: break
        }
    }
}
