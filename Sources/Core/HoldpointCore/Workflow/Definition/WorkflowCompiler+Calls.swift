import JSON

extension WorkflowCompiler {
    private static let refusedCalls: [String: UnsupportedConstruct] = [
        "asyncapi": .callAsyncAPI, "grpc": .callGRPC, "openapi": .callOpenAPI, "a2a": .callA2A, "mcp": .callMCP,
    ]

    mutating func compileCall(_ reader: inout JSONObjectReader) -> TaskBody? {
        guard let name = reader.requiredString("call") else { return nil }
        let with = reader.optionalValue("with")
        let place = reader.pointer(to: "with")
        if let refused = Self.refusedCalls[name] {
            reader.fail("call", refused.detail)
            return nil
        }
        switch name {
        case "http": return compileHTTP(with ?? [:], place).map { .http($0) }
        case "human": return compileHuman(with ?? [:], place).map { .human($0) }
        default:
            guard let task = components.functions[name] else {
                let isForeign = name.contains("@") || name.contains("/")
                reader.fail(
                    "call",
                    isForeign
                        ? UnsupportedConstruct.callCatalogued.detail
                        : "must be http, human or the name of a function under use.functions")
                return nil
            }
            if let with, with.objectValue == nil { reader.fail("with", "must be an object") }
            return .function(task: task, arguments: with.map { template($0, place) })
        }
    }

    /// The arguments of `call: http`.
    mutating func compileHTTP(_ value: JSONValue, _ pointer: JSONPointer) -> HTTPCallRule? {
        var reader = JSONObjectReader(value, at: pointer)
        let methodText = reader.requiredString("method", maximumLength: 32)
        let method = methodText.flatMap { HTTPCall.Method($0) }
        if methodText != nil, method == nil {
            reader.fail("method", "must be one of \(HTTPCall.Method.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let endpoint = reader.requiredValue("endpoint").map { compileEndpoint($0, reader.pointer(to: "endpoint")) }
        let headers = mapOrExpression("headers", &reader)
        let query = mapOrExpression("query", &reader)
        let body = reader.optionalValue("body").map { template($0, reader.pointer(to: "body")) }
        var output = HTTPCallRule.Output.content
        if let text = reader.optionalString("output") {
            if let known = HTTPCallRule.Output(rawValue: text) {
                output = known
            } else {
                reader.fail("output", "must be raw, content or response")
            }
        }
        let redirects = reader.optionalBool("redirect") ?? false
        add(reader.finish())
        guard let method, let endpoint, let uri = endpoint.uri else { return nil }
        return HTTPCallRule(
            method: method, endpoint: uri, headers: headers, query: query, body: body, output: output,
            followsRedirects: redirects, authentication: endpoint.authentication)
    }

    private mutating func mapOrExpression(_ key: String, _ reader: inout JSONObjectReader) -> Template? {
        guard let value = reader.optionalValue(key) else { return nil }
        let isExpression = value.stringValue.flatMap { Template.enclosed(in: $0) } != nil
        if value.objectValue == nil, !isExpression { reader.fail(key, "must be an object or an expression") }
        return template(value, reader.pointer(to: key))
    }

    private mutating func compileEndpoint(
        _ value: JSONValue, _ pointer: JSONPointer
    ) -> (uri: EndpointRule?, authentication: AuthenticationRule?) {
        if value.stringValue != nil { return (compileURI(value, pointer), nil) }
        var reader = JSONObjectReader(value, at: pointer)
        let uri = reader.requiredValue("uri").flatMap { compileURI($0, reader.pointer(to: "uri")) }
        let authentication = reader.optionalValue("authentication").flatMap {
            compileAuthentication($0, pointer.appending("authentication"), isDeclared: false)
        }
        add(reader.finish())
        return (uri, authentication)
    }

    private mutating func compileURI(_ value: JSONValue, _ pointer: JSONPointer) -> EndpointRule? {
        guard let text = value.stringValue else {
            fail(pointer, "must be a URI, a URI template or an expression")
            return nil
        }
        if let inner = Template.enclosed(in: text) {
            do {
                let program = try RuntimeArguments.program(inner, names: arguments)
                note([PlacedExpression(program: program, pointer: pointer)])
                return .computed(program)
            } catch {
                fail(pointer, error.detail)
                return nil
            }
        }
        if !HTTPText.isWebAddress(text) { fail(pointer, "must begin with http:// or https://") }
        do {
            return .template(try URITemplate(text))
        } catch {
            fail(pointer, error.description)
            return nil
        }
    }

    /// An authentication policy, or the name of one under `use.authentications` where it is not declared there.
    mutating func compileAuthentication(
        _ value: JSONValue, _ pointer: JSONPointer, isDeclared: Bool
    ) -> AuthenticationRule? {
        var reader = JSONObjectReader(value, at: pointer)
        let refused: [(String, UnsupportedConstruct)] = [
            ("digest", .digestAuthentication), ("certificate", .certificateAuthentication),
            ("oauth2", .oauth2Authentication), ("oidc", .openIDAuthentication),
        ]
        for (key, construct) in refused where reader.optionalValue(key) != nil {
            reader.fail(key, construct.detail)
            add(reader.finish())
            return nil
        }
        if !isDeclared, let name = reader.optionalString("use") {
            let known = components.authentications[name]
            if known == nil { reader.fail("use", "is not the name of a policy under use.authentications") }
            add(reader.finish())
            return known
        }
        let basic = reader.optionalValue("basic")
        let bearer = reader.optionalValue("bearer")
        if (basic == nil) == (bearer == nil) { fail(pointer, "must have one of basic and bearer") }
        add(reader.finish())
        if let basic { return compileBasic(basic, pointer.appending("basic")) }
        return bearer.flatMap { compileBearer($0, pointer.appending("bearer")) }
    }

    private mutating func compileBasic(_ value: JSONValue, _ pointer: JSONPointer) -> AuthenticationRule? {
        var reader = JSONObjectReader(value, at: pointer)
        if let secret = secret(&reader) { return finish(&reader, .basicSecret(secret)) }
        let username = reader.requiredString("username").map { template(.string($0), pointer.appending("username")) }
        let password = reader.requiredString("password").map { template(.string($0), pointer.appending("password")) }
        add(reader.finish())
        guard let username, let password else { return nil }
        return .basic(username: username, password: password)
    }

    private mutating func compileBearer(_ value: JSONValue, _ pointer: JSONPointer) -> AuthenticationRule? {
        var reader = JSONObjectReader(value, at: pointer)
        if let secret = secret(&reader) { return finish(&reader, .bearerSecret(secret)) }
        let token = reader.requiredString("token").map { template(.string($0), pointer.appending("token")) }
        add(reader.finish())
        return token.map { .bearer(token: $0) }
    }

    private mutating func finish(_ reader: inout JSONObjectReader, _ rule: AuthenticationRule) -> AuthenticationRule {
        add(reader.finish())
        return rule
    }

    /// `use`: the name of a secret of this document.
    private mutating func secret(_ reader: inout JSONObjectReader) -> String? {
        guard let name = reader.optionalString("use") else { return nil }
        if !components.secrets.contains(name) { reader.fail("use", "is not the name of a secret under use.secrets") }
        return name
    }

    /// How long an approved call waits for a veto, in seconds; it is no part of the request.
    private mutating func vetoSeconds(_ object: inout JSONObject, _ pointer: JSONPointer) -> Int64? {
        guard let value = object["veto_within"] else { return nil }
        object["veto_within"] = nil
        if value.isNull { return nil }
        guard let seconds = value.int64Value, (1...PolicyLimits.longestDelaySeconds).contains(seconds) else {
            fail(
                pointer.appending("veto_within"), "must be an integer from 1 to \(PolicyLimits.longestDelaySeconds)")
            return nil
        }
        return seconds
    }

    /// The arguments of `call: human`: the body of a request, and for a permission the call that it guards.
    private mutating func compileHuman(_ value: JSONValue, _ pointer: JSONPointer) -> HumanCallRule? {
        guard var object = value.objectValue, let typeText = object["type"]?.stringValue,
            let type = RequestType(rawValue: typeText)
        else {
            let place = value.objectValue == nil ? pointer : pointer.appending("type")
            fail(place, "must be clarification, decision, env_var or permission")
            return nil
        }
        if object["title"]?.stringValue == nil { fail(pointer.appending("title"), "is required, as text") }
        guard type == .permission else { return HumanCallRule(body: template(value, pointer), guarded: nil) }
        for key in ["tool", "arguments"] where object[key] != nil {
            fail(pointer.appending(key), "follows from the call that the permission guards")
        }
        let place = pointer.appending("perform")
        var reader = JSONObjectReader(object["perform"] ?? .null, at: place)
        if let call = reader.requiredString("call"), call != "http" { reader.fail("call", "must be http") }
        let arguments = reader.requiredValue("with")
        add(reader.finish())
        guard let arguments, let guarded = compileHTTP(arguments, place.appending("with")) else { return nil }
        object["perform"] = nil
        let veto = vetoSeconds(&object, pointer)
        return HumanCallRule(
            body: template(.object(object), pointer), guarded: guarded, vetoMilliseconds: veto.map { $0 * 1_000 })
    }
}
