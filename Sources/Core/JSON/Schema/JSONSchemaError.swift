/// Why a document is no schema that can be used here.
package struct JSONSchemaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The place in the schema.
    package let pointer: JSONPointer
    /// What is wrong, for people.
    package let detail: String

    /// One line for people.
    package var description: String { pointer.tokens.isEmpty ? detail : "\(pointer): \(detail)" }
}
