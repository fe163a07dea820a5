package import JSON

extension HTTPCall.Answer {
    /// The answer as the program of a session sees it: `{statusCode, headers, content}`.
    ///
    /// Names of headers are in lower case, and the values of one name are joined by commas (RFC 9110 section 5.3).
    /// `Set-Cookie` is left out: its values cannot be joined, and a cookie is a credential that no log should hold. A
    /// content coding is not undone.
    ///
    /// - Parameters:
    ///   - isRaw: asks for the content's bytes in base 64, whatever they are.
    ///   - mask: hides what must not be seen (I9).
    package func response(isRaw: Bool, mask: SecretMask = SecretMask([])) -> JSONValue {
        var fields = JSONObject()
        for header in headers where !header.isNamed("Set-Cookie") {
            let name = header.name.lowercased()
            let before = fields[name]?.stringValue.map { $0 + ", " } ?? ""
            fields[name] = .string(before + header.value)
        }
        return [
            "statusCode": .integer(Int64(status)), "headers": mask.masked(.object(fields)),
            "content": isRaw ? .string(Base64.encode(mask.masked(body))) : content(mask),
        ]
    }

    /// What takes the place of a handle: whoever answers a call must not say which secret goes into the next one.
    private static let disarmed: JSONValue = ["secret": .string(SecretMask.replacement)]

    /// The content read as what it says it is.
    ///
    /// Null if there is none; the value of a JSON document, in which no handle of a secret is usable; else text, and
    /// base 64 for what is not UTF-8. A document that says it is JSON and is not comes as text, too: the call was made,
    /// and the program can see what came of it.
    private func content(_ mask: SecretMask) -> JSONValue {
        guard !body.isEmpty else { return .null }
        let type = header("Content-Type")?.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" } ?? ""
        // Masked once it is read: escapes of a document can be written in many ways.
        if type == "application/json" || type.hasSuffix("+json"),
            let value = try? JSONParser.parse(body, limits: JSONLimits(maximumBytes: body.count))
        {
            return mask.masked(value.replacingSecrets { _ in Self.disarmed })
        }
        if let text = String(validating: body, as: UTF8.self) { return .string(mask.masked(text)) }
        return .string(Base64.encode(mask.masked(body)))
    }
}
