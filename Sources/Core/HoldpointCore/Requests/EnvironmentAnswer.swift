package import JSON

/// The name under which a sealed value is stored and seen: its request and its field.
package struct SecretHandle: Sendable, Hashable {
    /// The request whose answer holds the secret.
    package let request: RequestID
    /// The field of the request.
    package let field: String

    package init(request: RequestID, field: String) {
        self.request = request
        self.field = field
    }

    /// The form in data: `{"secret": "req_…/FIELD"}`.
    package var json: JSONValue { ["secret": .string("\(request)/\(field)")] }

    /// Reads the form in data; nil for anything else.
    package init?(_ value: JSONValue) {
        guard let object = value.objectValue, object.count == 1, let text = object["secret"]?.stringValue,
            let slash = text.firstIndex(of: "/"), let request = RequestID(text[..<slash])
        else { return nil }
        self.request = request
        field = String(text[text.index(after: slash)...])
    }
}

/// A raw answer to an `env_var` request, split into what may be seen and what must be sealed (I9).
package struct EnvironmentAnswer: Sendable {
    /// The answer with a handle in the place of each secret value.
    package let visible: JSONValue
    /// The secret values, in the order of the fields.
    package let secrets: [(handle: SecretHandle, value: String)]

    /// Judges a raw answer at the edge, where it still holds plain values, and splits it.
    ///
    /// - Throws: what does not fit, as pointers into the answer; no text of it repeats a value.
    package init(
        _ answer: JSONValue, to question: EnvironmentQuestion, request: RequestID
    ) throws(InvalidAnswer) {
        let violations = question.violations(of: answer, isSealed: false)
        guard violations.isEmpty, var object = answer.objectValue, var values = object["values"]?.objectValue else {
            throw InvalidAnswer(violations: violations)
        }
        var secrets: [(handle: SecretHandle, value: String)] = []
        for field in question.fields where field.isSecret {
            guard let value = values[field.name]?.stringValue else { continue }
            let handle = SecretHandle(request: request, field: field.name)
            secrets.append((handle, value))
            values[field.name] = handle.json
        }
        object["values"] = .object(values)
        visible = .object(object)
        self.secrets = secrets
    }
}

/// An answer that does not fit its request.
package struct InvalidAnswer: Error, Sendable, Equatable {
    /// What is wrong and where in the answer.
    package let violations: [JSONViolation]

    package init(violations: [JSONViolation]) {
        self.violations = violations
    }
}
