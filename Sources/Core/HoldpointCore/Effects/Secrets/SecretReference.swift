package import JSON

/// A secret that a call names where its value is to be sent.
package enum SecretReference: Sendable, Hashable {
    /// A secret of the project, by its name; in data `{"secret": "use/NAME"}`.
    case project(String)
    /// A secret value of an answer; in data `{"secret": "req_…/FIELD"}`.
    case request(SecretHandle)

    private static let projectPrefix = "use/"

    /// Reads a handle in data; nil for anything else.
    package init?(_ value: JSONValue) {
        if let handle = SecretHandle(value) {
            self = .request(handle)
            return
        }
        guard let object = value.objectValue, object.count == 1, let text = object["secret"]?.stringValue,
            text.hasPrefix(Self.projectPrefix), text.utf8.count > Self.projectPrefix.utf8.count
        else { return nil }
        self = .project(String(text.dropFirst(Self.projectPrefix.count)))
    }
}

extension SecretReference: CustomStringConvertible {
    /// What it is called in a sentence; never the value.
    package var description: String {
        switch self {
        case .project(let name): "the secret '\(name)'"
        case .request(let handle): "the secret '\(handle.field)' of the request \(handle.request)"
        }
    }
}

extension JSONValue {
    /// Whether a handle of a secret is anywhere in it.
    package var holdsSecretHandle: Bool {
        var isFound = false
        _ = replacingSecrets { _ in
            isFound = true
            return .null
        }
        return isFound
    }

    /// The value with something else in the place of each handle of a secret.
    func replacingSecrets<Failure: Error>(
        _ replace: (SecretReference) throws(Failure) -> JSONValue
    ) throws(Failure) -> JSONValue {
        if let reference = SecretReference(self) { return try replace(reference) }
        switch self {
        case .array(let items):
            var result: [JSONValue] = []
            result.reserveCapacity(items.count)
            for item in items { result.append(try item.replacingSecrets(replace)) }
            return .array(result)
        case .object(let members):
            var result: [(String, JSONValue)] = []
            result.reserveCapacity(members.count)
            for (key, value) in members { result.append((key, try value.replacingSecrets(replace))) }
            return .object(JSONObject(result))
        case .null, .bool, .number, .string: return self
        }
    }
}
