import JSON

/// The one registry of commands that can be stored first and decided later.
package enum CommandRegistry {
    /// Every kind, in the order of the documentation.
    package static let types: [any SessionCommand.Type] = [
        StartSession.self, ReceiveMessage.self, RecordStep.self, OpenRequest.self, AnswerRequest.self,
        WithdrawRequest.self, PauseSession.self, ResumeSession.self, CompleteSession.self, FailSession.self,
        CancelSession.self, ExpireRequests.self,
    ]

    private static let byKind: [String: any SessionCommand.Type] = Dictionary(
        types.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })

    /// Writes a command for storage.
    package static func data(of command: any SessionCommand) -> [UInt8] {
        var writer = JSONWriter(reserving: 512)
        command.write(into: &writer)
        return writer.bytes
    }

    /// Reads a stored command.
    package static func command(kind: String, data: [UInt8]) throws(MalformedRecord) -> any SessionCommand {
        guard let type = byKind[kind] else { throw MalformedRecord(what: "command", violations: []) }
        let value: JSONValue
        do {
            value = try JSONParser.parse(data, limits: EventRegistry.recordedLimits)
        } catch {
            throw MalformedRecord(what: kind, violations: [])
        }
        return try type.init(recorded: value)
    }
}
