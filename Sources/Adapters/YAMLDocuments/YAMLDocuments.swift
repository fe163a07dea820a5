package import HoldpointPorts
package import JSON
import YAMLClient

/// Reads YAML 1.2 into JSON by the core schema (YAML 1.2.2, section 10.3), and JSON as JSON.
///
/// What JSON cannot say is refused and never bent: keys that are no strings or come twice, `.inf` and `.nan`, tags
/// beyond the schema's, several documents. Numbers keep their exact decimal value. Aliases are copies of what they
/// name; what all copies come to is bounded, and it is counted before anything is copied.
package struct YAMLDocuments: DocumentParser {
    private let limits: YAMLDocumentLimits

    /// Reads within limits.
    package init(limits: YAMLDocumentLimits = YAMLDocumentLimits()) {
        self.limits = limits
    }

    package func document(_ text: String) throws(InvalidDocument) -> JSONValue {
        if let value = jsonValue(text) { return value }
        do {
            var composer = try DocumentComposer(text, limits)
            return try composer.compose()
        } catch {
            throw InvalidDocument(error.detail, line: error.place.line, column: error.place.column)
        }
    }

    /// The value of text that is JSON and within the limits; nil for what may still be YAML.
    ///
    /// JSON is tried first, since libyaml reads not all of it: escaped surrogate pairs and keys of more than 1,024
    /// characters are foreign to it.
    private func jsonValue(_ text: String) -> JSONValue? {
        let first = text.utf8.first { !" \t\r\n".utf8.contains($0) }
        guard let first, "{[\"".utf8.contains(first) else { return nil }
        let jsonLimits = JSONLimits(maximumBytes: limits.textBytes, maximumDepth: limits.depth)
        guard let value = try? JSONParser.parse(text, limits: jsonLimits), value.nodeCount <= limits.nodes,
            value.serialized().count <= limits.documentBytes
        else { return nil }
        return value
    }
}

/// What a document may cost to read.
package struct YAMLDocumentLimits: Sendable, Equatable {
    /// The longest text, in bytes.
    package var textBytes = YAMLReader.maximumBytes
    /// The length of the document as JSON text with every alias written out, in bytes.
    package var documentBytes = 1 << 20
    /// The number of values of the document, with every alias written out.
    package var nodes = 100_000
    /// Lists and mappings within one another: as many as in a body that has the document as its member.
    package var depth = 63

    package init() {}
}

extension JSONValue {
    /// The number of values in it, itself included.
    fileprivate var nodeCount: Int {
        switch self {
        case .null, .bool, .number, .string: 1
        case .array(let items): items.reduce(1) { $0 + $1.nodeCount }
        case .object(let object): object.reduce(1) { $0 + $1.value.nodeCount }
        }
    }
}
