/// A compiled JSON Schema (draft 2020-12) that checks values.
///
/// References stay within the document: nothing is ever fetched. Unknown keywords are annotations; keywords of other
/// drafts that would change what fits are refused. Patterns run under the same budget of steps as everything else.
package struct JSONSchema: Sendable {
    /// Whether `format` decides or is a mere annotation, as the draft has it by default.
    package enum Formats: Sendable, Hashable {
        /// Every format is an annotation.
        case annotated
        /// `date-time`, `date`, `time`, `email`, `uri`, `uuid`, `ipv4` and `ipv6` are checked.
        case asserted
    }

    let limits: JSONSchemaLimits
    let nodes: [SchemaNode]
    let root: Int
    /// The targets of `$ref`, by the number that the keyword holds.
    let references: [Int]
    /// The targets of `$dynamicRef`, by the number that the keyword holds.
    let dynamicReferences: [SchemaDynamicReference]
    /// For each resource the subschemas that carry a `$dynamicAnchor`.
    let dynamicAnchors: [[String: Int]]
    /// Whether any subschema asks what others have evaluated.
    let tracksEvaluation: Bool

    /// Compiles a schema; the error points into it.
    package init(
        compiling document: JSONValue, formats: Formats = .annotated, limits: JSONSchemaLimits = .standard
    ) throws(JSONSchemaError) {
        var compiler = SchemaCompiler(document: document, formats: formats, limits: limits)
        root = try compiler.compileDocument()
        self.limits = limits
        nodes = compiler.nodes
        references = compiler.references
        dynamicReferences = compiler.dynamicReferences
        dynamicAnchors = compiler.resources.map(\.dynamicAnchors)
        tracksEvaluation = compiler.tracksEvaluation
    }

    /// Returns all ways in which the value does not fit, at most `maximumViolations`; empty if it fits.
    ///
    /// A value that cannot be checked within the limits does not fit.
    package func validate(_ value: JSONValue) -> [JSONViolation] {
        var validator = SchemaValidator(schema: self)
        return validator.violations(of: value)
    }
}
