package import JSON

/// A template of a URI with simple variables: level 1 of RFC 6570.
///
/// What the higher levels add (operators, lists of variables, modifiers) is refused, and so is a variable without a
/// value: the RFC would leave it out, and `/things/{id}` would become another resource.
package struct URITemplate: Sendable, Hashable {
    /// The longest template: 8 KiB.
    package static let maximumBytes = 8 << 10

    private enum Part: Sendable, Hashable {
        case literal(String)
        case variable(String)
    }

    private let parts: [Part]

    /// Reads a template; throws `URITemplateError`.
    package init(_ text: String) throws(URITemplateError) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw .malformed("it is longer than \(Self.maximumBytes) bytes")
        }
        var parts: [Part] = []
        var rest = text[...]
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[brace] == "{", let end = rest[brace...].firstIndex(of: "}") else {
                throw .malformed("a brace has no counterpart")
            }
            if brace > rest.startIndex { parts.append(.literal(String(rest[..<brace]))) }
            let name = rest[rest.index(after: brace)..<end]
            guard Self.isName(name) else {
                throw .malformed("'{\(name)}' is not a plain variable (RFC 6570, level 1)")
            }
            parts.append(.variable(String(name)))
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        self.parts = parts
    }

    /// The names of the variables, in order, each as often as it stands there.
    package var variables: [String] {
        parts.compactMap { if case .variable(let name) = $0 { name } else { nil } }
    }

    /// Puts in the values, each byte percent-encoded that is not unreserved.
    ///
    /// Text, numbers and booleans are values. Throws `URITemplateError`.
    package func expanded(with values: JSONObject) throws(URITemplateError) -> String {
        var result = ""
        for part in parts {
            switch part {
            case .literal(let text): result += text
            case .variable(let name):
                guard let value = values[name], !value.isNull else { throw .missing(variable: name) }
                guard let text = value.scalarText else { throw .unsuitable(variable: name) }
                result += PercentEncoding.encoded(text)
            }
        }
        return result
    }

    private static func isName(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy {
                    PercentEncoding.isUnreserved($0) && $0 != UInt8(ascii: "~") && $0 != UInt8(ascii: "-")
                }
        }
    }
}

/// Why a template cannot be read or filled.
package enum URITemplateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It is not of level 1 of RFC 6570; says what is wrong.
    case malformed(String)
    /// A variable has no value, or null.
    case missing(variable: String)
    /// A variable's value is an array or an object.
    case unsuitable(variable: String)

    /// One sentence.
    package var description: String {
        switch self {
        case .malformed(let detail): "the URI template is refused: \(detail)"
        case .missing(let name): "the variable '\(name)' of the URI template has no value"
        case .unsuitable(let name): "the variable '\(name)' of the URI template is an array or an object"
        }
    }
}

extension JSONValue {
    /// What a value is in a URL or a header: text as it stands, numbers and booleans as they are written.
    var scalarText: String? {
        switch self {
        case .string(let text): text
        case .number(let number): number.text
        case .bool(let value): value ? "true" : "false"
        case .null, .array, .object: nil
        }
    }
}
