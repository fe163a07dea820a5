import HoldpointCore
package import HoldpointPorts
package import RedisClient

/// A delivery as an entry of a stream: `command`, `tenant`, `project`, `session` (the key), `id` and, if a caller may
/// wait, `origin`.
package enum DeliveryEntry {
    /// The command that appends a delivery to its stream, which is cut to about so many entries.
    static func append(_ delivery: CommandDelivery, maximumLength: Int64) -> RedisCommand {
        let stream = CommandStream(of: delivery.session.key.shard, isAnswer: delivery.isAnswer)
        return append(delivery, to: stream.name, maximumLength: maximumLength)
    }

    /// The command that appends a delivery to the mirror of commands that were given up.
    static func bury(_ delivery: CommandDelivery, maximumLength: Int64) -> RedisCommand {
        append(delivery, to: StreamNames.dead, maximumLength: maximumLength)
    }

    private static func append(
        _ delivery: CommandDelivery, to stream: String, maximumLength: Int64
    ) -> RedisCommand {
        var command = RedisCommand("XADD", stream, "MAXLEN", "~")
        command.add(maximumLength)
        command.add("*")
        let session = delivery.session
        let fields = [
            ("command", delivery.command.description), ("tenant", session.scope.tenant.text),
            ("project", session.scope.project.text), ("session", session.key.description), ("id", session.id.text),
        ]
        for (name, value) in fields {
            command.add(name)
            command.add(value)
        }
        if let origin = delivery.origin {
            command.add("origin")
            command.add(origin.text)
        }
        return command
    }

    /// Reads an entry's fields; nil if they are no delivery of this stream.
    package static func read(_ fields: [RedisReply], of stream: CommandStream) -> CommandDelivery? {
        var texts: [String: String] = [:]
        for index in stride(from: 0, to: fields.count - 1, by: 2) {
            guard let name = fields[index].text, let value = fields[index + 1].text else { return nil }
            texts[name] = value
        }
        guard let command = texts["command"].flatMap({ StoredCommandID($0) }),
            let tenant = texts["tenant"].flatMap({ try? TenantName($0) }),
            let project = texts["project"].flatMap({ try? ProjectName($0) }),
            let key = texts["session"].flatMap({ Identifier128(hexadecimal: $0) }).map({ SessionKey($0) }),
            let id = texts["id"].flatMap({ try? SessionID($0) }), key.shard == stream.shard
        else { return nil }
        let session = SessionIdentity(scope: Scope(tenant: tenant, project: project), key: key, id: id)
        return CommandDelivery(
            command: command, session: session, isAnswer: stream.isAnswer,
            origin: texts["origin"].flatMap { try? NodeName($0) })
    }
}
