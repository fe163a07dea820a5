import HoldpointCore
import HoldpointPorts
import RedisClient
import RedisStreams

/// What nodes tell one another through Redis, where anyone with its password may write.
enum RedisInputs {
    /// A first line `doorbell`, then its payload; or the name of a stream, then names and values of an entry, a line
    /// each.
    static func message(_ input: [UInt8]) throws(Finding) {
        var lines = InputLines(input)
        let name = lines.line()
        if name == "doorbell" { return try doorbell(lines.remainder) }
        guard let stream = CommandStream(name: name) else { return }
        try require(CommandStream(name: stream.name) == stream, "a stream is found by its name")
        var fields: [RedisReply] = []
        while !lines.isEmpty { fields.append(.string(Array(lines.line().utf8))) }
        if let odd = fields.last, fields.count.isMultiple(of: 3) { fields.append(.array([odd, .null, .integer(1)])) }
        guard let delivery = DeliveryEntry.read(fields, of: stream) else { return }
        try require(delivery.session.key.shard == stream.shard, "a delivery is of its stream's shard")
        try require(delivery.isAnswer == stream.isAnswer, "a delivery is of its stream's kind")
        let session = delivery.session
        var written = [
            "command", delivery.command.description, "tenant", session.scope.tenant.text,
            "project", session.scope.project.text, "session", session.key.description, "id", session.id.text,
        ]
        if let origin = delivery.origin { written += ["origin", origin.text] }
        let again = DeliveryEntry.read(written.map { .string(Array($0.utf8)) }, of: stream)
        try require(again == delivery, "a delivery is read as it is written")
    }

    private static func doorbell(_ payload: [UInt8]) throws(Finding) {
        let scope = Place.identity.scope
        guard let message = DoorbellMessage(payload, in: scope) else { return }
        try require(message.head > 0, "a head is a number of an event")
        guard let node = try? NodeName(String(message.node)) else { return }
        let doorbell = Doorbell(session: message.session, head: message.head, events: [], isOnFeed: message.isOnFeed)
        let text = DoorbellMessage.text(doorbell, from: node)
        guard let again = DoorbellMessage(Array(text.utf8), in: scope) else {
            throw Finding(description: "a doorbell is read as it is written: \(text)")
        }
        try require(
            again.head == message.head && again.session.id == message.session.id && again.node == message.node
                && again.session.key == message.session.key && again.isOnFeed == message.isOnFeed,
            "a doorbell is the same")
    }
}
