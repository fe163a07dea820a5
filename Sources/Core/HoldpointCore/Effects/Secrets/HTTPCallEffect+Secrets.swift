package import JSON

extension HTTPCallEffect {
    /// The parts of the arguments whose handles are filled in; one in the method or the URI fits nowhere.
    private static let filledParts = ["headers", "query", "body"]

    /// The secrets that the call names, in the order in which they stand there, each once.
    package var secretReferences: [SecretReference] {
        var found: [SecretReference] = []
        _ = filled { reference in
            if !found.contains(reference) { found.append(reference) }
            return .null
        }
        if let name = authentication?["secret"]?.stringValue, !found.contains(.project(name)) {
            found.append(.project(name))
        }
        return found
    }

    /// The parts of the call with its secrets in their places: to be sent, and not to be kept or shown.
    ///
    /// `{scheme: basic, secret}` takes a secret with the members `username` and `password`; `{scheme: bearer, secret}`
    /// takes a text, or a secret with the member `token`. Throws `InvalidHTTPCall`, which names secrets but holds no
    /// value.
    package func draft(with secrets: [SecretReference: JSONValue]) throws(InvalidHTTPCall) -> HTTPCallDraft {
        let find = { (reference: SecretReference) throws(InvalidHTTPCall) -> JSONValue in
            guard let value = secrets[reference] else {
                throw InvalidHTTPCall(detail: "\(reference) is not there")
            }
            return value
        }
        var (arguments, authentication) = try filled(find)
        if let name = authentication?["secret"]?.stringValue {
            authentication = try credentials(of: name, try find(.project(name)))
        }
        return try with(arguments, authentication).draft()
    }

    /// Tries whether the call can be put together, as far as that can be told without its secrets.
    ///
    /// Handles are data and may come from anywhere, so only the secrets that a document declares are its to send.
    /// Throws `InvalidHTTPCall`.
    package func check(declared names: [String]) throws(InvalidHTTPCall) {
        for reference in secretReferences {
            if case .project(let name) = reference, !names.contains(name) {
                throw InvalidHTTPCall(detail: "\(reference) is not under use.secrets")
            }
        }
        let sample: JSONValue = "secret"
        var (arguments, authentication) = filled { _ in sample }
        if authentication?["secret"] != nil { authentication = ["scheme": "bearer", "token": sample] }
        _ = try with(arguments, authentication).draft().call(idempotencyKey: "key")
    }

    private func filled<Failure: Error>(
        _ replace: (SecretReference) throws(Failure) -> JSONValue
    ) throws(Failure) -> (arguments: JSONValue, authentication: JSONValue?) {
        guard var object = arguments.objectValue else { return (arguments, authentication) }
        for part in Self.filledParts {
            if let value = object[part] { object[part] = try value.replacingSecrets(replace) }
        }
        return (.object(object), try authentication?.replacingSecrets(replace))
    }

    private func credentials(of name: String, _ value: JSONValue) throws(InvalidHTTPCall) -> JSONValue {
        if authentication?["scheme"] == "basic" {
            guard let username = value["username"]?.stringValue, let password = value["password"]?.stringValue else {
                throw InvalidHTTPCall(detail: "the secret '\(name)' has no texts 'username' and 'password'")
            }
            return ["scheme": "basic", "username": .string(username), "password": .string(password)]
        }
        guard let token = value.stringValue ?? value["token"]?.stringValue else {
            throw InvalidHTTPCall(detail: "the secret '\(name)' is no text and has no text 'token'")
        }
        return ["scheme": "bearer", "token": .string(token)]
    }

    private func with(_ arguments: JSONValue, _ authentication: JSONValue?) -> HTTPCallEffect {
        HTTPCallEffect(
            task: task, arguments: arguments, digest: digest, authentication: authentication, isRaw: isRaw,
            followsRedirects: followsRedirects, isIdempotent: isIdempotent, verdict: verdict, approval: approval)
    }
}
