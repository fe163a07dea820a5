/// Something that reads bytes from outside, and what must hold whatever they are.
package struct FuzzTarget: Sendable {
    /// The name of its folder in the corpus.
    package let name: String
    /// Reads an input; throws where a property does not hold.
    ///
    /// It must neither trap nor hang.
    package let check: @Sendable (_ input: [UInt8]) throws(Finding) -> Void

    /// All of them, in the order in which a run takes them.
    package static let all: [FuzzTarget] = [
        FuzzTarget(name: "json", check: JSONInputs.document),
        FuzzTarget(name: "schema", check: JSONInputs.schema),
        FuzzTarget(name: "pattern", check: JSONInputs.pattern),
        FuzzTarget(name: "workflow", check: WorkflowInputs.document),
        FuzzTarget(name: "expression", check: WorkflowInputs.expression),
        FuzzTarget(name: "policy", check: PolicyInputs.dryRun),
        FuzzTarget(name: "url", check: WireInputs.url),
        FuzzTarget(name: "head", check: WireInputs.head),
        FuzzTarget(name: "sse", check: WireInputs.eventStream),
        FuzzTarget(name: "rest", check: RESTInputs.request),
        FuzzTarget(name: "record", check: RecordInputs.record),
        FuzzTarget(name: "log", check: RecordInputs.log),
        FuzzTarget(name: "redis", check: RedisInputs.message),
    ]

    /// The target of that name.
    package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// A property that does not hold for an input.
package struct Finding: Error, CustomStringConvertible {
    /// Which.
    package let description: String
}

/// Throws a finding unless a property holds.
func require(_ holds: Bool, _ property: @autoclosure () -> String) throws(Finding) {
    if !holds { throw Finding(description: property()) }
}

/// An input of several parts: lines first, then whatever follows them.
struct InputLines {
    private var rest: ArraySlice<UInt8>

    init(_ input: [UInt8]) { rest = input[...] }

    /// The next line without its end; what is not UTF-8 is replaced.
    mutating func line() -> String {
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
        defer { rest = rest[min(end + 1, rest.endIndex)...] }
        return String(decoding: rest[..<end], as: UTF8.self)
    }

    var isEmpty: Bool { rest.isEmpty }

    /// Everything that was not taken.
    var remainder: [UInt8] { Array(rest) }
}
