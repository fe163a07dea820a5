import HoldpointCore
import HoldpointPorts
import JSON

/// Seals commands for the inbox and opens them again.
struct StoredCommandCodec: Sendable {
    let secretBox: any SecretBox

    /// The row for a command that is stored first.
    func seal(
        _ command: any SessionCommand, as id: StoredCommandID, for session: SessionIdentity,
        idempotency: IdempotencyClaim?, receivedAt: Timestamp
    ) -> StoredCommand {
        var writer = JSONWriter(reserving: 512)
        writer.beginObject()
        writer.key("command")
        command.write(into: &writer)
        writer.member("key", idempotency?.key)
        writer.member("fingerprint", idempotency?.fingerprint)
        writer.endObject()
        return StoredCommand(
            id: id, session: session, kind: type(of: command).kind,
            sealed: secretBox.seal(writer.bytes, context: Self.context(id, session)), principal: command.principal,
            receivedAt: receivedAt)
    }

    /// The command in a row; throws `failed` if it cannot be opened or read, `newer` if it is of an unknown kind.
    func open(_ stored: StoredCommand) throws(SessionFailure) -> CommandEnvelope {
        guard CommandRegistry.knows(kind: stored.kind) else {
            throw .newer("the command's kind \(stored.kind) is not known to this release")
        }
        do {
            let plain = try secretBox.open(stored.sealed, context: Self.context(stored.id, stored.session))
            let value = try JSONParser.parse(plain, limits: EventRegistry.recordedLimits)
            var reader = EventReader(value, of: "stored command")
            let body = reader.value("command")
            let key = reader.optionalText("key")
            let fingerprint = reader.optionalText("fingerprint")
            try reader.finish()
            let command = try CommandRegistry.command(kind: stored.kind, recorded: body)
            return CommandEnvelope(
                command: command, stored: stored.id,
                idempotency: key.flatMap { key in fingerprint.map { IdempotencyClaim(key: key, fingerprint: $0) } })
        } catch SecretBoxError.unknownKey(let key) {
            // With the right key file it can be read again: nothing that the command is to blame for.
            throw .unavailable("the key \(key), under which the command is sealed, is not at hand")
        } catch {
            throw .failed("the stored command cannot be read")
        }
    }

    private static func context(_ id: StoredCommandID, _ session: SessionIdentity) -> String {
        "command \(session.scope) \(session.key) \(id)"
    }
}
