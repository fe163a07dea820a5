import JSON

extension SnapshotCodec {
    /// Reads a state that this or an earlier release wrote.
    ///
    /// - Throws: `MalformedRecord` for a version that is not known, for damage, or for another session's state.
    package static func decode(
        _ bytes: [UInt8], version: Int64, identity: SessionIdentity
    ) throws(MalformedRecord) -> SessionState {
        guard version == Self.version else {
            throw MalformedRecord(what: "snapshot of codec \(version)", violations: [])
        }
        let value: JSONValue
        do {
            value = try JSONParser.parse(bytes, limits: EventRegistry.recordedLimits)
        } catch {
            throw MalformedRecord(what: "snapshot", violations: [])
        }
        var reader = EventReader(value, of: "snapshot")
        var state = SessionState(identity: identity)
        let id = reader.text("id")
        state.sequence = reader.count("seq")
        state.createdAt = Timestamp(milliseconds: reader.number("created_at"))
        state.updatedAt = Timestamp(milliseconds: reader.number("updated_at"))
        let beginning = state.sequence > 0 ? SessionBeginning(&reader) : nil
        if state.sequence == 0 { skipNoBeginning(&reader) }
        state.isPaused = reader.flag("paused")
        let ending = reader.optionalValue("ending")
        let open = reader.array("open")
        let closed = reader.array("closed")
        state.heldBytes = reader.byteCount("held_bytes")
        let deferrals = (reader.optionalValue("deferrals")?.arrayValue ?? []).map { item in
            item.stringValue.flatMap { Digest(hexadecimal: $0) }
        }
        let workflow = reader.optionalValue("workflow")
        try reader.finish()
        state.deferrals = deferrals.compactMap(\.self)
        guard beginning != nil || state.sequence == 0, id == identity.id.text,
            state.deferrals.count == deferrals.count
        else {
            throw MalformedRecord(what: "snapshot", violations: [])
        }
        state.beginning = beginning
        if let workflow { state.workflow = try WorkflowState(recorded: workflow) }
        if let ending { state.ending = try readEnding(ending) }
        for item in open { state.openRequests.append(try readOpen(item)) }
        for item in closed { state.closedRequests.append(try readClosed(item)) }
        return state
    }

    private static func skipNoBeginning(_ reader: inout EventReader) {
        for key in ["agent", "kind", "on_behalf_of"] { _ = reader.optionalText(key) }
        for key in ["version", "interpreter"] { _ = reader.count(key) }
        _ = reader.value("input")
        _ = reader.labels("labels")
    }

    private static func readEnding(_ value: JSONValue) throws(MalformedRecord) -> SessionEnding {
        if let output = value["completed"] { return .completed(output: output) }
        if let error = value["failed"] { return .failed(error: error) }
        if value["cancelled"]?.boolValue == true { return .cancelled }
        if let session = value["continued"]?.stringValue.flatMap({ try? SessionID($0) }) {
            return .continued(as: session)
        }
        throw MalformedRecord(what: "snapshot's ending", violations: [])
    }

    private static func readOpen(_ value: JSONValue) throws(MalformedRecord) -> PendingRequest {
        var reader = EventReader(value, of: "snapshot's open request")
        let sequence = reader.count("seq")
        let heldBytes = reader.byteCount("held_bytes")
        let request = reader.value("request")
        let progress = reader.optionalValue("progress")
        try reader.finish()
        return PendingRequest(
            request: try HumanRequest(recorded: request), sequence: sequence, heldBytes: heldBytes,
            progress: try progress.map { (value) throws(MalformedRecord) in try RequestProgress(recorded: value) })
    }

    private static func readClosed(_ value: JSONValue) throws(MalformedRecord) -> ClosedRequest {
        var reader = EventReader(value, of: "snapshot's closed request")
        let id = reader.request("id")
        let status = reader.parsed("status") { RequestStatus(rawValue: $0) }
        let openedBy = reader.principal("opened_by")
        let closedBy = reader.optionalPrincipal("closed_by")
        let closedAt = Timestamp(milliseconds: reader.number("closed_at"))
        let fingerprint = reader.optionalText("fingerprint")
        let sequence = reader.count("seq")
        let recorded = reader.optionalValue("votes")
        try reader.finish()
        let votes = (recorded?.arrayValue ?? []).compactMap { vote -> ClosedVote? in
            guard let user = vote["user"]?.stringValue.flatMap({ try? UserID($0) }),
                let fingerprint = vote["fingerprint"]?.stringValue
            else { return nil }
            return ClosedVote(user: user, fingerprint: fingerprint)
        }
        guard let status, votes.count == recorded?.arrayValue?.count ?? 0 else {
            throw MalformedRecord(what: "snapshot's closed request", violations: [])
        }
        return ClosedRequest(
            id: id, status: status, openedBy: openedBy, closedBy: closedBy, closedAt: closedAt,
            fingerprint: fingerprint, sequence: sequence, votes: votes)
    }
}
