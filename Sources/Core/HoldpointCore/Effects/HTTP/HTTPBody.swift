package import JSON

/// The content of a request: bytes, and what they are.
package struct HTTPBody: Sendable, Hashable {
    /// What is sent.
    package let bytes: [UInt8]
    /// The media type that says how to read them.
    package let contentType: String

    /// Writes a value in the form that the media type asks for; throws `InvalidHTTPCall`.
    ///
    /// JSON (also `+json`, and where nothing is said) takes any value and keeps its keys in order and its numbers as
    /// they are. `application/x-www-form-urlencoded` takes an object, whose arrays become repeated fields. Any other
    /// type takes text as it stands.
    package init(_ value: JSONValue, contentType: String?) throws(InvalidHTTPCall) {
        let contentType = contentType ?? "application/json"
        let type = contentType.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
        self.contentType = contentType
        switch value {
        case _ where type == "application/json" || type.hasSuffix("+json"): bytes = value.serialized()
        case .object(let fields) where type == "application/x-www-form-urlencoded":
            bytes = try Array(HTTPQuery.text(of: fields).utf8)
        case .string(let text): bytes = Array(text.utf8)
        default: throw InvalidHTTPCall(detail: "the body has no form as \(type)")
        }
    }
}

/// Names and values as a query or a form.
enum HTTPQuery {
    /// Joins the members: null is left out, an array repeats its name, and text, numbers and booleans are encoded.
    static func text(of members: JSONObject) throws(InvalidHTTPCall) -> String {
        var pairs: [String] = []
        for (name, value) in members {
            let values = value.arrayValue ?? (value.isNull ? [] : [value])
            for value in values {
                guard let text = value.scalarText else {
                    throw InvalidHTTPCall(
                        detail: "the query or form field '\(name)' is neither text, number nor boolean")
                }
                pairs.append("\(PercentEncoding.encoded(name))=\(PercentEncoding.encoded(text))")
            }
        }
        return pairs.joined(separator: "&")
    }
}
