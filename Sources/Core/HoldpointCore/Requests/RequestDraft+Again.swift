import JSON

extension RequestDraft {
    /// The body that asks once more what a request asked, for as long as it was asked.
    ///
    /// - Throws: what does not fit any more, which only a later release can bring about.
    init(again request: HumanRequest) throws(InvalidAnswer) {
        var writer = JSONWriter(reserving: 2_048)
        request.write(into: &writer)
        guard var body = (try? JSONParser.parse(writer.bytes, limits: EventRegistry.recordedLimits))?.objectValue
        else { throw InvalidAnswer(violations: []) }
        let isCustom = body["custom_schema"]?.boolValue == true
        for key in Self.memberOfRequestsAlone { body[key] = Optional.none }
        if !isCustom { body["response_schema"] = Optional.none }
        if let expiresAt = request.expiresAt {
            body["expires_in"] = .integer((expiresAt.milliseconds - request.createdAt.milliseconds) / 1_000)
        }
        self = try RequestDraft(.object(body))
    }

    /// What a request has and the body that opens it has not.
    private static let memberOfRequestsAlone = [
        "id", "session", "status", "arguments_digest", "custom_schema", "opened_by", "created_at", "expires_at",
        "response", "responded_by", "responded_at", "comment", "approved_digest", "follows", "reopened_by",
        "reopened_via", "policy",
    ]
}
