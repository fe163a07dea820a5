package import JSON

/// Reads the text in which a definition was written into the JSON value that it stands for.
package protocol DocumentParser: Sendable {
    /// The value of a text, which is bounded in size, depth and what its references expand to.
    ///
    /// - Throws: what is wrong with the text, and where.
    func document(_ text: String) throws(InvalidDocument) -> JSONValue
}

/// Why a text is no document, and where.
package struct InvalidDocument: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence fragment for people.
    package let detail: String
    /// The line, from 1.
    package let line: Int
    /// The column in Unicode scalars, from 1.
    package let column: Int

    package init(_ detail: String, line: Int, column: Int) {
        self.detail = detail
        self.line = line
        self.column = column
    }

    /// One line for people.
    package var description: String { "line \(line), column \(column): \(detail)" }
}

/// The parser of a node that reads documents only as JSON.
package struct JSONDocuments: DocumentParser {
    package init() {}

    package func document(_ text: String) throws(InvalidDocument) -> JSONValue {
        do {
            return try JSONParser.parse(text)
        } catch {
            throw InvalidDocument(error.kind.rawValue, line: error.line, column: error.column)
        }
    }
}
