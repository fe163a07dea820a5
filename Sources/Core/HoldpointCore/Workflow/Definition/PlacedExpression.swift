package import JSON

/// An expression of a document, and where it stands.
package struct PlacedExpression: Sendable, Equatable {
    /// The expression.
    package let program: ExpressionProgram
    /// The place of its text in the document.
    package let pointer: JSONPointer
}
