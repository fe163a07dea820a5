import JSON

/// An event of a project's feed, as far as its audit needs it.
package struct AuditedEvent: Sendable {
    /// Whose event.
    package let session: SessionIdentity
    /// Its number within the session.
    package let sequence: Int64
    /// When it was recorded.
    package let time: Timestamp
    /// The type on the wire.
    package let type: EventType
    /// Its data: JSON text.
    package let data: [UInt8]
    /// The chain value after it.
    package let chain: Digest
    /// The data as it was read, once; nil if it is no JSON.
    let json: JSONValue?

    package init(
        session: SessionIdentity, sequence: Int64, time: Timestamp, type: EventType, data: [UInt8], chain: Digest
    ) {
        self.session = session
        self.sequence = sequence
        self.time = time
        self.type = type
        self.data = data
        self.chain = chain
        json = try? JSONParser.parse(data, limits: EventRegistry.recordedLimits)
    }

    /// The request that the event opens, with what an entry keeps of it; nil if it opens none.
    package func opening(_ hasher: any Hasher) -> (request: RequestID, asked: AuditedOpening)? {
        guard type == RequestOpened.type, let json, let id = json["id"]?.stringValue.flatMap({ RequestID($0) }) else {
            return nil
        }
        return (id, AuditedOpening(json, data: data, hasher: hasher))
    }

    /// The request of which the entry also tells what it asked; nil if the event is about none, or is its opening.
    package var request: RequestID? {
        guard type.text.hasPrefix("hitl_"), type != RequestOpened.type else { return nil }
        return json?["request"]?.stringValue.flatMap { RequestID($0) }
    }
}

/// What an audit entry keeps of a request beside what became of it.
package struct AuditedOpening: Sendable {
    /// SHA-256 of the data of its `hitl_requested` event.
    let digest: Digest
    /// What it asked, in short.
    let members: JSONObject

    /// Reads it from the data of the event; nil if that is no JSON.
    package init?(_ data: [UInt8], hasher: any Hasher) {
        guard let json = try? JSONParser.parse(data, limits: EventRegistry.recordedLimits) else { return nil }
        self.init(json, data: data, hasher: hasher)
    }

    fileprivate init(_ json: JSONValue, data: [UInt8], hasher: any Hasher) {
        digest = hasher.sha256(data)
        var members = JSONObject()
        for member in AuditRule.asked { member.add(of: json, to: &members, hasher: hasher) }
        self.members = members
    }
}
