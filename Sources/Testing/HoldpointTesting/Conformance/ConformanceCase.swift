/// One promise of a port, as a value that any test target can run on any adapter.
package struct ConformanceCase<Subject: Sendable>: Sendable, CustomStringConvertible {
    /// The promise, as a sentence.
    package let name: String
    /// Tries it on a subject that nobody has used before; throws `ConformanceFailure` where it is broken.
    package let run: @Sendable (Subject) async throws -> Void

    package var description: String { name }

    init(_ name: String, _ run: @escaping @Sendable (Subject) async throws -> Void) {
        self.name = name
        self.run = run
    }
}

/// A broken promise.
package struct ConformanceFailure: Error, CustomStringConvertible {
    /// What was expected, what came, and where it was checked.
    package let description: String
}

/// Throws unless the condition holds.
func expect(
    _ condition: Bool, _ expectation: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) throws {
    if !condition { throw ConformanceFailure(description: "\(expectation()) (\(file):\(line))") }
}

/// Throws unless both are equal.
func expectEqual<Value: Equatable>(
    _ found: Value, _ expected: Value, _ what: @autoclosure () -> String, file: StaticString = #fileID,
    line: UInt = #line
) throws {
    if found != expected {
        throw ConformanceFailure(description: "\(what()): expected \(expected), found \(found) (\(file):\(line))")
    }
}

/// The value; throws if there is none.
func expectPresent<Value>(
    _ value: Value?, _ what: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) throws -> Value {
    guard let value else { throw ConformanceFailure(description: "there is no \(what()) (\(file):\(line))") }
    return value
}
