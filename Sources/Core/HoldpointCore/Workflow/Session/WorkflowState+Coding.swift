import JSON

extension WorkflowState {
    /// Writes the state for a snapshot.
    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member(place, as: text)
        writer.key(plain: "calls")
        writer.beginArray()
        for call in calls { call.write(into: &writer) }
        writer.endArray()
        writer.key(plain: "children")
        writer.beginArray()
        for child in children { child.write(into: &writer) }
        writer.endArray()
        writer.member("held_bytes", Int64(heldBytes))
        writer.endObject()
    }

    /// Reads what `write` wrote.
    init(recorded value: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(value, of: "snapshot's workflow")
        let place = reader.value("place")
        let calls = reader.array("calls")
        let children = reader.array("children")
        let heldBytes = reader.byteCount("held_bytes")
        try reader.finish()
        self.init(
            place: try WorkflowPlace(recorded: place), calls: [], children: [], heldBytes: heldBytes)
        for call in calls { self.calls.append(try OpenCall(recorded: call)) }
        for child in children { self.children.append(try OpenChild(recorded: child)) }
    }
}

extension OpenChild {
    fileprivate func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("key", key.description)
        writer.member("session", session.text)
        writer.endObject()
    }

    fileprivate init(recorded value: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(value, of: "snapshot's child")
        let id = reader.count("id")
        let key = reader.key("key")
        let session = reader.parsed("session") { try? SessionID($0) }
        try reader.finish()
        guard let session else { throw MalformedRecord(what: "snapshot's child", violations: []) }
        self.init(id: id, key: key, session: session)
    }
}

extension OpenCall {
    fileprivate func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.key(plain: "effect")
        writer.beginObject()
        effect.writeMembers(into: &writer)
        writer.endObject()
        switch phase {
        case .ready(let time): if let time { writer.member("not_before", time.milliseconds) }
        case .dispatched(let until): writer.member("dispatched", until.milliseconds)
        case .doubted(let request): writer.member("doubted", request.description)
        case .judged(let verdict): writer.member("judged", verdict.rawValue)
        }
        writer.member("attempts", attempts)
        writer.member("held_bytes", Int64(heldBytes))
        writer.endObject()
    }

    fileprivate init(recorded value: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(value, of: "snapshot's call")
        let id = reader.count("id")
        let effect = reader.value("effect")
        let notBefore = reader.optionalValue("not_before")?.int64Value
        let until = reader.optionalValue("dispatched")?.int64Value
        let question = reader.optionalText("doubted")
        let verdict = reader.optionalText("judged")
        let attempts = reader.count("attempts")
        let heldBytes = reader.byteCount("held_bytes")
        try reader.finish()
        let phase: Phase
        if let until {
            phase = .dispatched(until: Timestamp(milliseconds: until))
        } else if let question {
            guard let request = RequestID(question) else { throw Self.malformed }
            phase = .doubted(request)
        } else if let verdict {
            guard let known = CallVerdict(rawValue: verdict) else { throw Self.malformed }
            phase = .judged(known)
        } else {
            phase = .ready(notBefore: notBefore.map { Timestamp(milliseconds: $0) })
        }
        self.init(
            id: id, effect: try HTTPCallEffect(recorded: effect), phase: phase, attempts: attempts,
            heldBytes: heldBytes)
    }

    private static var malformed: MalformedRecord {
        MalformedRecord(what: "snapshot's call", violations: [])
    }
}

extension HTTPCallEffect {
    /// Writes the members of a call, for the event that proposes it and for snapshots.
    func writeMembers(into writer: inout JSONWriter) {
        writer.member("task", task)
        writer.member("tool", "http")
        writer.member("arguments", .some(arguments))
        writer.member("arguments_digest", digest.description)
        writer.member("authentication", authentication)
        writer.member("raw", isRaw)
        writer.member("redirects", followsRedirects)
        writer.member("idempotent", isIdempotent)
        if let verdict { writer.member("policy", .some(verdict.json)) }
        if let approval { writer.member("approval", .some(approval.json)) }
    }

    /// Reads what `writeMembers` wrote.
    init(recorded value: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(value, of: "call")
        let task = reader.text("task")
        let tool = reader.text("tool")
        let arguments = reader.value("arguments")
        let digest = reader.parsed("arguments_digest") { Digest(hexadecimal: $0) }
        let authentication = reader.optionalValue("authentication")
        let isRaw = reader.flag("raw")
        let followsRedirects = reader.flag("redirects")
        let isIdempotent = reader.flag("idempotent")
        let verdict = reader.optionalValue("policy")
        let approval = reader.optionalValue("approval")
        try reader.finish()
        guard let digest, tool == "http" else { throw MalformedRecord(what: "call", violations: []) }
        self.init(
            task: task, arguments: arguments, digest: digest, authentication: authentication,
            isRaw: isRaw,
            followsRedirects: followsRedirects, isIdempotent: isIdempotent,
            verdict: try verdict.map { (value) throws(MalformedRecord) in try JudgedVerdict(recorded: value) },
            approval: try approval.map { (value) throws(MalformedRecord) in try CallApproval(recorded: value) })
    }
}

extension CallApproval {
    /// `{request, effect, kept}`.
    var json: JSONValue {
        [
            "request": .string(request.description), "effect": .integer(effect),
            "kept": .bool(keepsReservations),
        ]
    }

    /// Reads what `json` wrote.
    init(recorded value: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(value, of: "approval")
        let request = reader.request("request")
        let effect = reader.count("effect")
        let keepsReservations = reader.flag("kept")
        try reader.finish()
        self.init(request: request, effect: effect, keepsReservations: keepsReservations)
    }
}
