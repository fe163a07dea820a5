package import JSON

extension AnswerRequest {
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("request", request.description)
        writer.member("response", .some(response))
        writer.member("comment", comment)
        responder.writeMembers(into: &writer)
        writer.member("received_at", .some(receivedAt))
        writer.member("fingerprint", fingerprint)
        writer.key("secrets")
        writer.beginObject()
        for secret in sealedSecrets { writer.member(named: secret.handle.field, Hexadecimal.encode(secret.box)) }
        writer.endObject()
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        let request = reader.request("request")
        let response = reader.value("response")
        let comment = reader.optionalText("comment")
        let responder = Responder(&reader)
        let receivedAt = reader.time("received_at")
        let fingerprint = reader.text("fingerprint")
        let boxes = reader.labels("secrets")
        try reader.finish()
        guard let responder else { throw MalformedRecord(what: Self.kind, violations: []) }
        var secrets: [SealedSecret] = []
        for (field, text) in boxes.sorted(by: { $0.key < $1.key }) {
            guard let box = Hexadecimal.decode(text) else { throw MalformedRecord(what: Self.kind, violations: []) }
            secrets.append(SealedSecret(handle: SecretHandle(request: request, field: field), box: box))
        }
        self.init(
            request: request, response: response, comment: comment, responder: responder, receivedAt: receivedAt,
            fingerprint: fingerprint, sealedSecrets: secrets)
    }
}
