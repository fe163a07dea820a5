import JSON

extension WorkflowInterpreter {
    mutating func enterCall(_ rule: HTTPCallRule, _ activation: inout Activation) throws(WorkflowError) -> Signal? {
        guard let values = try values(rule.expressions, for: activation, on: activation.input) else { return .parked }
        let reference = definition.tasks[activation.task].reference
        let prepared = try prepare(rule, values, activation.input, at: reference)
        try weigh(prepared.arguments, activation)
        let call = try makeCall(rule, prepared.arguments, prepared.authentication, at: reference)
        guard let judged = try judge(call, activation) else { return .parked }
        if judged.verdict?.verdict.outcome == .ask {
            try ask(judged, [:], follows: nil, &activation)
        } else {
            try make(judged, &activation)
        }
        activation.phase = .effect
        return nil
    }

    /// The arguments of a call with the expressions filled in, and who makes it.
    func prepare(
        _ rule: HTTPCallRule, _ values: [JSONValue], _ input: JSONValue, at reference: String
    ) throws(WorkflowError) -> (arguments: JSONValue, authentication: JSONValue?) {
        var rest = values[...]
        var arguments: JSONObject = ["method": .string(rule.method.rawValue)]
        switch rule.endpoint {
        case .template(let template):
            do {
                arguments["uri"] = .string(try template.expanded(with: input.objectValue ?? JSONObject()))
            } catch {
                throw WorkflowError(.expression, error.description, at: reference)
            }
        case .computed:
            arguments["uri"] = rest.popFirst() ?? .null
        }
        for (key, template) in [("headers", rule.headers), ("query", rule.query), ("body", rule.body)] {
            arguments[key] = template.map { Self.take($0, &rest) }
        }
        return (.object(arguments), Self.authentication(rule.authentication, &rest))
    }

    private static func take(_ template: Template, _ rest: inout ArraySlice<JSONValue>) -> JSONValue {
        defer { rest.removeFirst(min(template.expressions.count, rest.count)) }
        return template.filled(with: Array(rest.prefix(template.expressions.count)))
    }

    private static func authentication(_ rule: AuthenticationRule?, _ rest: inout ArraySlice<JSONValue>) -> JSONValue? {
        switch rule {
        case nil: return nil
        case .basicSecret(let name): return ["scheme": "basic", "secret": .string(name)]
        case .bearerSecret(let name): return ["scheme": "bearer", "secret": .string(name)]
        case .basic(let username, let password):
            let name = take(username, &rest)
            return ["scheme": "basic", "username": name, "password": take(password, &rest)]
        case .bearer(let token): return ["scheme": "bearer", "token": take(token, &rest)]
        }
    }

    /// The effect of a call; throws where it cannot be sent or has no canonical form, before anything is opened.
    func makeCall(
        _ rule: HTTPCallRule, _ arguments: JSONValue, _ authentication: JSONValue?, at reference: String
    ) throws(WorkflowError) -> HTTPCallEffect {
        let digest: Digest
        do {
            digest = try ArgumentsDigest.of(arguments, hasher: context.hasher)
        } catch {
            let places = error.violations.map { "\($0.pointer) \($0.detail)" }
            throw WorkflowError(.validation, places.joined(separator: "; "), at: reference)
        }
        let effect = HTTPCallEffect(
            task: reference, arguments: arguments, digest: digest, authentication: authentication,
            isRaw: rule.output == .raw, followsRedirects: rule.followsRedirects,
            isIdempotent: arguments["method"]?.stringValue.flatMap { HTTPCall.Method($0) }?.isIdempotent ?? false)
        do {
            try effect.check(declared: definition.secrets)
        } catch {
            throw WorkflowError(.configuration, error.detail, at: reference)
        }
        return effect
    }

    /// Judges a response and gives it the form that is asked for.
    mutating func takeResponse(
        _ response: JSONValue, of rule: HTTPCallRule, _ activation: inout Activation
    ) throws(WorkflowError) {
        let reference = definition.tasks[activation.task].reference
        guard let status = response["statusCode"]?.int64Value else {
            throw WorkflowError(.communication, "the call came to no response", at: reference)
        }
        guard (200...(rule.followsRedirects ? 399 : 299)).contains(status) else {
            throw WorkflowError(.communication, "the response has status \(status)", at: reference, status: status)
        }
        let arguments = activation.guarded ?? .null
        activation.guarded = nil
        switch rule.output {
        case .raw, .content: activation.rawOutput = response["content"] ?? .null
        case .response:
            activation.rawOutput = [
                "request": [
                    "method": arguments["method"] ?? .null, "uri": arguments["uri"] ?? .null,
                    "headers": arguments["headers"] ?? [:],
                ],
                "statusCode": .integer(status), "headers": response["headers"] ?? [:],
                "content": response["content"] ?? .null,
            ]
        }
    }
}

extension HTTPCallEffect {
    /// The parts of the call as they are put together for sending; authentication by a secret is left to the sender.
    ///
    /// Throws `InvalidHTTPCall` where the arguments have no such form, as those of an edit may.
    package func draft() throws(InvalidHTTPCall) -> HTTPCallDraft {
        var reader = JSONObjectReader(arguments)
        let method = reader.requiredString("method").flatMap { HTTPCall.Method($0) }
        let uri = reader.requiredString("uri")
        let headers = reader.optionalObject("headers", nullable: true)
        let query = reader.optionalObject("query", nullable: true)
        let body = reader.optionalValue("body")
        if let found = reader.finish().first { throw InvalidHTTPCall(detail: "\(found.pointer) \(found.detail)") }
        guard let method, let uri else { throw InvalidHTTPCall(detail: "the method is not one that is used") }
        let endpoint: URITemplate
        do {
            endpoint = try URITemplate(uri)
        } catch {
            throw InvalidHTTPCall(detail: error.description)
        }
        return HTTPCallDraft(
            method: method, endpoint: endpoint, query: query ?? [:], headers: headers ?? [:], body: body,
            authentication: try spelledAuthentication(), isMarkedIdempotent: isIdempotent,
            followsRedirects: followsRedirects)
    }

    private func spelledAuthentication() throws(InvalidHTTPCall) -> HTTPAuthentication? {
        guard let authentication, authentication["secret"] == nil else { return nil }
        if let username = authentication["username"]?.stringValue,
            let password = authentication["password"]?.stringValue
        {
            return .basic(username: username, password: password)
        }
        if let token = authentication["token"]?.stringValue { return .bearer(token: token) }
        throw InvalidHTTPCall(detail: "the credentials are no text")
    }
}
