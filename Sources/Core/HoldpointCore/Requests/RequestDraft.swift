package import JSON

/// The body that opens a request, checked: everything but its id, its times and its digest.
package struct RequestDraft: Sendable {
    /// What is asked.
    package private(set) var question: any RequestQuestion
    let title: String
    let message: String?
    let context: JSONValue?
    /// Milliseconds from opening to the deadline; nil means none.
    private(set) var expiresInMilliseconds: Int64?
    let defaultAnswer: JSONValue?
    let responseSchema: JSONValue?
    /// Who may answer, and how many must; nil means whoever has a key that may.
    package private(set) var approvers: Approvers?
    /// What happens while nobody answers.
    package private(set) var followUp: RequestFollowUp
    /// The body as it was given, for storing the command.
    package let body: JSONValue
    /// The request that this one is asked after, about the same wish.
    package var follows: RequestID?

    /// Checks a body; throws every violation found, as pointers into it.
    package init(_ body: JSONValue) throws(InvalidAnswer) {
        var reader = JSONObjectReader(body)
        let typeText = reader.requiredString("type", maximumLength: RequestLimits.nameLength)
        let title = reader.requiredString("title", maximumLength: RequestLimits.titleLength)
        let message = reader.optionalString("message", maximumLength: RequestLimits.textLength, nullable: true)
        let context = reader.optionalValue("context")?.nonNull
        let expiry = reader.optionalInt64("expires_in", range: 1...RequestLimits.expirySeconds, nullable: true)
        let givenDefault = reader.optionalValue("default")?.nonNull
        let schema = reader.optionalValue("response_schema")?.nonNull
        guard let typeText, let type = RequestType(rawValue: typeText) else {
            // The fields of an unknown type cannot be told from unknown fields, so only the type is reported.
            throw InvalidAnswer(violations: [
                JSONViolation(
                    pointer: body.objectValue == nil ? .root : JSONPointer.root.appending("type"),
                    detail: "must be clarification, decision, env_var or permission")
            ])
        }
        if title?.isEmpty == true { reader.fail("title", "must not be empty") }
        let question = RequestQuestions.question(for: type).read(from: &reader, title: title ?? "")
        // It is the engine that asks the policy, and nobody else may say what it would answer.
        if (question as? PermissionQuestion)?.policy != nil { reader.fail("policy", "is an unknown field") }
        let approvers = Self.readApprovers(for: type, from: &reader)
        let followUp = RequestFollowUp.read(from: &reader, expiry: expiry)
        if !followUp.escalation.isEmpty, approvers == nil, reader.isSound {
            reader.fail("escalation", "needs approvers: without them everybody may answer already")
        }
        let full = question.flatMap { question in givenDefault.map { question.expandedDefault($0) } }
        if let question { Self.check(question, defaultAnswer: full, schema: schema, in: &reader) }
        let violations = reader.finish()
        guard violations.isEmpty, let question, let title else { throw InvalidAnswer(violations: violations) }
        self.question = question
        self.title = title
        self.message = message
        self.context = context
        expiresInMilliseconds = expiry.map { $0 * 1_000 }
        defaultAnswer = full
        responseSchema = schema
        self.approvers = approvers
        self.followUp = followUp
        self.body = body
    }

    /// The same request with what a policy says of the call that it asks about.
    ///
    /// It expires when the policy says, unless it says for itself when, or that it never does.
    func judged(by verdict: JudgedVerdict, of policy: Policy) -> RequestDraft {
        guard let permission = question as? PermissionQuestion else { return self }
        var judged = self
        judged.question = permission.judged(by: verdict)
        if let approvers = verdict.verdict.approvers { judged = judged.requiring(approvers) }
        if followUp.isEmpty, judged.approvers != nil { judged.followUp = policy.followUp }
        if body["expires_in"] == nil { judged.expiresInMilliseconds = policy.approvalMilliseconds }
        return judged
    }

    /// The same draft for people who satisfy these besides, now and at every step of its escalation.
    package func requiring(_ approvers: Approvers) -> RequestDraft {
        var copy = self
        copy.approvers = self.approvers?.merged(with: approvers) ?? approvers
        copy.followUp = followUp.requiring(approvers)
        return copy
    }

    private static func readApprovers(for type: RequestType, from reader: inout JSONObjectReader) -> Approvers? {
        let approvers = Approvers.read("approvers", from: &reader)
        if let approvers, approvers.quorum > 1, type != .permission {
            let place = reader.pointer(to: "approvers").appending("quorum")
            reader.add([JSONViolation(pointer: place, detail: "can be more than 1 for a permission only")])
        }
        return approvers
    }

    private static func check(
        _ question: any RequestQuestion, defaultAnswer: JSONValue?, schema: JSONValue?,
        in reader: inout JSONObjectReader
    ) {
        var compiled: JSONSchema?
        if let schema {
            if let refusal = question.refusalOfResponseSchema {
                reader.fail("response_schema", refusal)
            } else {
                do {
                    compiled = try JSONSchema(compiling: schema)
                } catch {
                    let base = JSONPointer.root.appending("response_schema")
                    reader.add([
                        JSONViolation(
                            pointer: error.pointer.tokens.reduce(base) { $0.appending($1) }, detail: error.detail)
                    ])
                }
            }
        }
        guard let defaultAnswer else { return }
        if let refusal = question.refusalOfDefault { return reader.fail("default", refusal) }
        let found = question.violations(ofAnswer: defaultAnswer) + (compiled?.validate(defaultAnswer) ?? [])
        let base = JSONPointer.root.appending("default")
        reader.add(
            found.map { violation in
                JSONViolation(
                    pointer: violation.pointer.tokens.reduce(base) { $0.appending($1) }, detail: violation.detail)
            })
    }

    /// The request that this draft becomes; throws where its arguments cannot be digested.
    func opened(
        as id: RequestID, in session: SessionID, at time: Timestamp, by principal: Principal, hasher: any Hasher,
        reopening: Reopening? = nil
    ) throws(InvalidAnswer) -> HumanRequest {
        let digest = try (question as? PermissionQuestion).map { (permission) throws(InvalidAnswer) in
            try ArgumentsDigest.of(permission.arguments, hasher: hasher)
        }
        return HumanRequest(
            HumanRequest.Content(
                id: id, session: session, question: question, title: title, message: message, context: context,
                createdAt: time, expiresAt: expiresInMilliseconds.map { time.adding(milliseconds: $0) },
                defaultAnswer: defaultAnswer, responseSchema: responseSchema, argumentsDigest: digest,
                openedBy: principal, approvers: approvers, followUp: followUp, reopening: reopening))
    }
}

/// The digest that binds an approval to the arguments that were shown (I7).
package enum ArgumentsDigest {
    /// SHA-256 of the canonical form (RFC 8785); throws where a number would not survive it.
    package static func of(_ arguments: JSONValue, hasher: any Hasher) throws(InvalidAnswer) -> Digest {
        do {
            return hasher.sha256(try CanonicalJSON.encode(arguments))
        } catch {
            throw InvalidAnswer(violations: [error.violation(under: JSONPointer.root.appending("arguments"))])
        }
    }
}
