import HTTPServer
import HoldpointCore
import HoldpointPorts

extension Call {
    /// What is told about a command: the session or the request as it stands, or where its outcome will appear.
    ///
    /// - Parameters:
    ///   - result: What the gateway said.
    ///   - kind: The command's kind, as `GET /commands/{id}` shows it.
    func reply(to result: CommandResult, kind: String) -> HTTPReply {
        switch result {
        case .session(let view, let isNew, let isReplay):
            let location = isNew ? "\(base)/sessions/\(view.state.identity.id)" : nil
            return .json(isNew ? 201 : 200, headers: headers(location: location, isReplay: isReplay)) {
                view.write(into: &$0)
            }
        case .request(let view, let isNew, let isReplay):
            let location = isNew ? "\(base)/requests/\(view.request.id)" : nil
            return .json(isNew ? 201 : 200, headers: headers(location: location, isReplay: isReplay)) {
                view.write(into: &$0)
            }
        case .stored(let id, let session, _):
            var headers: HTTPHeaders = ["Location": "\(base)/commands/\(id)"]
            if preferences.respondsAsync { headers.add("Preference-Applied", Preference.respondAsync.rawValue) }
            let document = CommandDocument(
                id: id, kind: kind, session: session, receivedAt: id.madeAt, attempts: 0, outcome: nil, isAnswer: false)
            return .json(202, headers: headers) { document.write(into: &$0) }
        }
    }

    private func headers(location: String?, isReplay: Bool) -> HTTPHeaders {
        var headers: HTTPHeaders = [:]
        if let location { headers.add("Location", location) }
        if isReplay { headers.add("Idempotency-Replayed", "true") }
        return headers
    }

    /// The header that says that the caller was made to wait as preferred.
    var waitApplied: HTTPHeaders {
        preferences.waitSeconds.map { ["Preference-Applied": "wait=\($0)"] } ?? [:]
    }
}

extension StoredCommandID {
    /// When the command was received: the id is a UUID of version 7 (RFC 9562, section 5.7), made on receipt.
    var madeAt: Timestamp { Timestamp(milliseconds: Int64(value.high >> 16)) }
}
