import JSON

/// One value that an `env_var` request asks for.
package struct EnvironmentField: Sendable, Equatable {
    /// The forms of input that a client may draw; the value is text in each of them.
    package enum InputType: String, Sendable, CaseIterable {
        case text
        case password
        case url
        case apiKey = "api_key"
        case filePath = "file_path"
    }

    /// The variable's name, unique in its request.
    package let name: String
    let label: String
    let description: String?
    let isRequired: Bool
    /// Whether the value is sealed at the edge and seen by nobody but the agent that asked (I9).
    package let isSecret: Bool
    let inputType: InputType
    let pattern: String?
    let defaultValue: String?

    init?(from reader: inout JSONObjectReader) {
        let name = reader.requiredString("name", maximumLength: RequestLimits.nameLength)
        let label = reader.optionalString("label", maximumLength: RequestLimits.textLength) ?? name ?? ""
        description = reader.optionalString(
            "description", maximumLength: RequestLimits.textLength, nullable: true)
        isRequired = reader.optionalBool("required") ?? true
        isSecret = reader.optionalBool("secret") ?? true
        let inputText = reader.optionalString("input_type", maximumLength: RequestLimits.nameLength)
        pattern = reader.optionalString("pattern", maximumLength: RequestLimits.textLength, nullable: true)
        defaultValue = reader.optionalString(
            "default", maximumLength: RequestLimits.valueLength, nullable: true)
        if isSecret, defaultValue != nil {
            reader.fail("default", "a secret field cannot declare a default, for it would be readable in the log")
        }
        if let pattern, (try? JSONPattern(pattern)) == nil {
            reader.fail("pattern", "is not a pattern that is supported")
        }
        let inputType = inputText.map { InputType(rawValue: $0) } ?? (isSecret ? .password : .text)
        if inputType == nil {
            reader.fail("input_type", "must be text, password, url, api_key or file_path")
        }
        guard let name, let inputType else { return nil }
        if name.isEmpty { reader.fail("name", "must not be empty") }
        self.name = name
        self.label = label
        self.inputType = inputType
    }

    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("label", label)
        writer.member("description", description)
        writer.member("required", isRequired)
        writer.member("secret", isSecret)
        writer.member("input_type", inputType.rawValue)
        writer.member("pattern", pattern)
        writer.member("default", defaultValue)
        writer.endObject()
    }

    var schema: JSONValue {
        var members: [(String, JSONValue)] = [("type", "string")]
        if let pattern { members.append(("pattern", .string(pattern))) }
        if isSecret { members.append(("writeOnly", true)) }
        return .object(JSONObject(members))
    }

    /// What is wrong with a plain value, in words that do not show it; nil if it fits.
    func refusal(ofValue value: String, steps: inout Int) -> String? {
        if value.isEmpty, isRequired { return "must not be empty" }
        if value.utf8.count > RequestLimits.valueLength {
            return "must be at most \(RequestLimits.valueLength) bytes"
        }
        guard let pattern, let compiled = try? JSONPattern(pattern) else { return nil }
        switch compiled.matches(value, steps: &steps) {
        case true?: return nil
        case false?: return "does not match the field's pattern"
        case nil: return "takes too many steps to match against the field's pattern"
        }
    }
}
