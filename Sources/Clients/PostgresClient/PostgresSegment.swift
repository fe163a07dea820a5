/// Statements that are sent together, with one sync at their end: outside a transaction they are one by themselves.
///
/// The server runs them in order and never waits for the client in between. Either all of them are stored or none.
package struct PostgresSegment: Sendable {
    /// One statement with its parameters, which lie in the segment's bytes.
    struct Step: Sendable {
        let statement: PostgresStatement
        let types: [UInt32]
        /// Where each parameter lies; nil for null.
        let ranges: [Range<Int>?]
    }

    private(set) var steps: [Step] = []
    private var writer = BinaryWriter()
    private var textBytes = 0
    /// How many parameters the statement with the most of them has.
    private(set) var mostParameters = 0

    /// A segment without a statement.
    package init() {}

    /// A segment of one statement.
    package init(_ statement: PostgresStatement, _ parameters: [PostgresValue] = []) {
        add(statement, parameters)
    }

    /// Appends a statement; its parameters are put into their binary form now.
    package mutating func add(_ statement: PostgresStatement, _ parameters: [PostgresValue] = []) {
        var types: [UInt32] = []
        var ranges: [Range<Int>?] = []
        types.reserveCapacity(parameters.count)
        ranges.reserveCapacity(parameters.count)
        for parameter in parameters {
            let start = writer.bytes.count
            types.append(parameter.type.rawValue)
            ranges.append(parameter.write(to: &writer) ? start..<writer.bytes.count : nil)
        }
        mostParameters = max(mostParameters, parameters.count)
        textBytes += statement.text.utf8.count
        steps.append(Step(statement: statement, types: types, ranges: ranges))
    }

    /// How many statements it has.
    package var count: Int { steps.count }

    /// Roughly how many bytes will be sent: it counts against the limits of a pool.
    package var byteCount: Int { writer.bytes.count + textBytes }

    /// The parameters' bytes, one after the other; never empty.
    var bytes: [UInt8] { writer.bytes }
}
