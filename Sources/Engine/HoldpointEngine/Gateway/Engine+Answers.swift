package import HoldpointCore
package import HoldpointPorts
import JSON

extension Engine {
    package func answer(
        _ answer: RawAnswer, to request: RequestID, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult {
        let responder = try await responder(answer.user, options: options, in: scope)
        if storesFirst(options) {
            let (identity, question) = try await identify(request, in: scope)
            let envelope = try envelope(answer, by: responder, to: question, of: request, in: scope, options: options)
            return try await store(envelope, for: identity, options: options, request: request)
        }
        switch try await place(of: request, in: scope) {
        case .here(let session, let question):
            let envelope = try envelope(answer, by: responder, to: question, of: request, in: scope, options: options)
            return try await give(envelope, to: session, options: options, request: request)
        case .elsewhere(let identity, let question):
            let envelope = try envelope(answer, by: responder, to: question, of: request, in: scope, options: options)
            return try await store(envelope, for: identity, options: options, request: request)
        }
    }

    private func envelope(
        _ answer: RawAnswer, by responder: Responder, to question: any RequestQuestion, of request: RequestID,
        in scope: Scope, options: CommandOptions
    ) throws(GatewayError) -> CommandEnvelope {
        // Equal answers have equal fingerprints; without the node's key nobody can try guesses against one (I9).
        let fingerprint = services.ports.secretBox.fingerprint(
            Self.comparable(answer.response), context: "answer \(scope) \(request)")
        let (visible, secrets) = try seal(answer.response, to: question, as: request, in: scope)
        let command = AnswerRequest(
            request: request, response: visible, comment: answer.comment, responder: responder,
            receivedAt: services.ports.clock.now(), fingerprint: fingerprint, sealedSecrets: secrets)
        return CommandEnvelope(command: command, idempotency: claim(options, in: scope))
    }

    package func secrets(
        of request: RequestID, in scope: Scope, caller: Principal
    ) async throws(GatewayError) -> [(name: String, value: String)] {
        let view = try await self.request(request, in: scope)
        guard view.request.openedBy == caller else {
            throw .rejected(Rejection(.notTheOpener, "only the key that opened the request may fetch its secrets"))
        }
        let sealed = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.secrets(of: request, in: scope)
        }
        guard !sealed.isEmpty else {
            throw .rejected(Rejection(.secretNotFound, "the request holds no secrets: not answered yet, or destroyed"))
        }
        var values: [(name: String, value: String)] = []
        for secret in sealed {
            do {
                let plain = try services.ports.secretBox.open(
                    secret.box, context: secret.handle.sealingContext(in: scope))
                values.append((secret.handle.field, String(decoding: plain, as: UTF8.self)))
            } catch {
                throw .unavailable("the sealed values cannot be opened on this node", retryAfter: .seconds(60))
            }
        }
        return values
    }

    /// Takes the secret values out of a raw answer and seals them, before anything is stored or decided (I9).
    ///
    /// An early word on what does not fit, too: the actor is the judge, but need not be asked in vain.
    private func seal(
        _ response: JSONValue, to question: any RequestQuestion, as request: RequestID, in scope: Scope
    ) throws(GatewayError) -> (visible: JSONValue, secrets: [SealedSecret]) {
        guard let question = question as? EnvironmentQuestion else { return (response, []) }
        do {
            let split = try EnvironmentAnswer(response, to: question, request: request)
            let sealed = split.secrets.map { secret in
                SealedSecret(
                    handle: secret.handle,
                    box: services.ports.secretBox.seal(
                        Array(secret.value.utf8), context: secret.handle.sealingContext(in: scope)))
            }
            return (split.visible, sealed)
        } catch {
            throw .rejected(
                Rejection(
                    .invalidAnswer, "the answer does not fit; the request is still pending",
                    violations: error.violations))
        }
    }

    /// The bytes by which two answers are compared: canonical where a canonical form exists.
    private static func comparable(_ response: JSONValue) -> [UInt8] {
        (try? CanonicalJSON.encode(response)) ?? response.serialized()
    }
}
