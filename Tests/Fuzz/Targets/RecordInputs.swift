import HoldpointCore
import HoldpointPorts
import JSON

/// What stores hold: events, snapshots, commands, logs and the small forms beside them.
enum RecordInputs {
    /// A first line that says what the rest is: `event TYPE`, `command KIND`, `snapshot`, `archive`, `reply`,
    /// `outcome`, `labels` or `names`.
    static func record(_ input: [UInt8]) throws(Finding) {
        var lines = InputLines(input)
        let words = lines.line().split(separator: " ").map(String.init)
        let data = lines.remainder
        switch (words.first, words.dropFirst().first) {
        case ("event", let name?): try event(name, data)
        case ("command", let kind?): try command(kind, data)
        case ("snapshot", _): try snapshot(data)
        case ("archive", _):
            try fixed(data) { (try? ArchivedLog.decode($0)).map { ArchivedLog.encode($0) } }
        case ("reply", _): try fixed(data) { StoredForm.reply($0).map { StoredForm.encode($0) } }
        case ("outcome", _): try fixed(data) { StoredForm.outcome($0).map { StoredForm.encode($0) } }
        case ("labels", _): try fixed(data) { StoredForm.labels($0).map { StoredForm.encode($0) } }
        case ("names", _): try names(String(decoding: data, as: UTF8.self))
        default: return
        }
    }

    /// What is read from bytes and written again is read as the same, and so written alike.
    private static func fixed(_ data: [UInt8], _ rewritten: ([UInt8]) -> [UInt8]?) throws(Finding) {
        guard let first = rewritten(data) else { return }
        try require(rewritten(first) == first, "what was written is read, and written alike")
    }

    private static func event(_ name: String, _ data: [UInt8]) throws(Finding) {
        try fixed(data) { data in
            guard let event = try? EventRegistry.event(named: name, data: data) else { return nil }
            return event.data(session: Place.identity.id)
        }
    }

    private static func command(_ kind: String, _ data: [UInt8]) throws(Finding) {
        try fixed(data) { data in
            guard let value = StoredForm.value(data) else { return nil }
            guard let command = try? CommandRegistry.command(kind: kind, recorded: value) else { return nil }
            var writer = JSONWriter(reserving: 256)
            command.write(into: &writer)
            return writer.bytes
        }
    }

    private static func snapshot(_ data: [UInt8]) throws(Finding) {
        let named = StoredForm.value(data)?["id"]?.stringValue.flatMap { try? SessionID($0) }
        let identity = SessionIdentity(
            scope: Place.identity.scope, key: Place.identity.key, id: named ?? Place.identity.id)
        let version = SnapshotCodec.version
        try fixed(data) { data in
            guard let state = try? SnapshotCodec.decode(data, version: version, identity: identity) else { return nil }
            look(at: state)
            return SnapshotCodec.encode(state)
        }
    }

    /// The words of a text as ids, names and codes: what is one is written as it was.
    private static func names(_ text: String) throws(Finding) {
        for word in text.split(whereSeparator: \.isWhitespace).map(String.init) {
            let same: [String?] = [
                RequestID(word)?.description, StoredCommandID(word)?.description, FeedPosition(word)?.description,
                Identifier128(hexadecimal: word)?.hexadecimal, Digest(hexadecimal: word)?.description,
                (try? SessionID(word))?.text, (try? AgentName(word))?.text, (try? TenantName(word))?.text,
                JSONPointer(parsing: word)?.description,
            ]
            for (place, other) in same.enumerated() {
                guard let other else { continue }
                let again: String? =
                    switch place {
                    case 0: RequestID(other)?.description
                    case 1: StoredCommandID(other)?.description
                    case 2: FeedPosition(other)?.description
                    default: word
                    }
                try require(again == other, "the name \(word) of kind \(place) is read as it is written: \(other)")
            }
            guard let code = Int64(word) else { continue }
            try require(SessionStatus(rowCode: code).map { Int64($0.rowCode) == code } ?? true, "a status has its code")
            try require(RequestStatus(rowCode: code).map { Int64($0.rowCode) == code } ?? true, "a status has its code")
            try require(RequestType(rowCode: code).map { Int64($0.rowCode) == code } ?? true, "a type has its code")
        }
    }

    /// Everything that an owner asks of a state when it takes it up.
    private static func look(at state: SessionState) {
        _ = state.status
        _ = state.openEffects
        _ = state.wakeAt
        _ = state.timerAt
        _ = state.readyCalls(at: .distantFuture)
    }

    /// A log: a line `TYPE DATA` for each event, folded as at a takeover.
    static func log(_ input: [UInt8]) throws(Finding) {
        var state = SessionState(identity: Place.identity)
        var lines = InputLines(input)
        while !lines.isEmpty {
            let line = lines.line()
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let data = Array(parts[1].utf8)
            guard let event = try? EventRegistry.event(named: String(parts[0]), data: data) else { continue }
            let before = SnapshotCodec.encode(state)
            let position = EventPosition(
                sequence: state.sequence + 1, time: Timestamp(milliseconds: 1_000 * (state.sequence + 1)),
                dataBytes: data.count)
            do {
                try state.apply(event, at: position)
            } catch {
                try require(SnapshotCodec.encode(state) == before, "an event that cannot follow changes nothing")
                continue
            }
            look(at: state)
            let after = SnapshotCodec.encode(state)
            let version = SnapshotCodec.version
            guard let read = try? SnapshotCodec.decode(after, version: version, identity: Place.identity) else {
                throw Finding(description: "a state's snapshot is read back, after \(parts[0])")
            }
            try require(SnapshotCodec.encode(read) == after, "a snapshot is the state, after \(parts[0])")
        }
    }
}

/// Whose inputs they are.
enum Place {
    static let identity: SessionIdentity = {
        guard let tenant = try? TenantName("acme"), let project = try? ProjectName("default"),
            let id = try? SessionID("s1")
        else { fatalError("these are names") }
        let key = SessionKey(Identifier128(high: 1, low: 2))
        return SessionIdentity(scope: Scope(tenant: tenant, project: project), key: key, id: id)
    }()
}
