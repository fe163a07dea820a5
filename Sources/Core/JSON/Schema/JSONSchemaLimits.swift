/// What compiling and checking by a schema may cost.
package struct JSONSchemaLimits: Sendable, Hashable {
    /// The most subschemas that a document may hold.
    package var maximumSubschemas: Int
    /// The deepest nesting of subschemas in the document, in tokens of a pointer.
    package var maximumDepth: Int
    /// The longest pointer to a subschema, identifier or reference, in bytes.
    package var maximumPointerBytes: Int
    /// The most subschemas with an `$id`.
    package var maximumResources: Int
    /// The most instructions that all patterns together compile to.
    package var maximumInstructions: Int
    /// The deepest nesting of checks, references included.
    package var maximumNesting: Int
    /// The work of one validation; a step is about one keyword, one look-up or one character against one instruction.
    package var maximumSteps: Int
    /// The most violations that are reported.
    package var maximumViolations: Int

    /// Sets limits; without arguments, the defaults.
    package init(
        maximumSubschemas: Int = 10_000, maximumDepth: Int = 128, maximumPointerBytes: Int = 4_096,
        maximumResources: Int = 256, maximumInstructions: Int = 100_000, maximumNesting: Int = 256,
        maximumSteps: Int = 2_000_000, maximumViolations: Int = 32
    ) {
        self.maximumSubschemas = maximumSubschemas
        self.maximumDepth = maximumDepth
        self.maximumPointerBytes = maximumPointerBytes
        self.maximumResources = maximumResources
        self.maximumInstructions = maximumInstructions
        self.maximumNesting = maximumNesting
        self.maximumSteps = maximumSteps
        self.maximumViolations = maximumViolations
    }

    /// The defaults.
    package static let standard = JSONSchemaLimits()
}
