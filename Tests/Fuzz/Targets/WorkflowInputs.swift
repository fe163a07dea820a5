import HoldpointCore
import HoldpointPorts
import JSON
import YAMLDocuments

/// Definitions of workflows, and the expressions in them.
enum WorkflowInputs {
    /// Text is read into JSON and checked as a definition.
    static func document(_ input: [UInt8]) throws(Finding) {
        let text = String(decoding: input, as: UTF8.self)
        let parser = YAMLDocuments()
        let value: JSONValue
        do {
            value = try parser.document(text)
        } catch {
            return try require(error.line >= 1 && error.column >= 1, "a refusal has its place: \(error)")
        }
        let written = value.serialized()
        try require(written.count <= YAMLDocumentLimits().documentBytes, "the document is within its limits")
        let again = try? parser.document(String(decoding: written, as: UTF8.self))
        try require(again == value, "a document that is written as JSON is the same")
        if let json = try? JSONDocuments().document(text) {
            try require(json.isEquivalent(to: value), "JSON says the same with and without YAML")
        }
        let definition: WorkflowDefinition
        do {
            definition = try WorkflowDefinition(value)
        } catch {
            let count = error.violations.count
            try require((1...JSONObjectReader.maximumViolations).contains(count), "a refusal says what is wrong")
            for violation in error.violations {
                try require(violation.pointer.isPlace(in: value), "a violation names a place: \(violation)")
            }
            return
        }
        for expression in definition.expressions {
            try require(expression.pointer.isPlace(in: value), "an expression has its place: \(expression.pointer)")
        }
    }

    private static let arguments: JSONObject = [
        "context": ["a": [1, true, ["b": "é"]], "": "empty", "key with space": nil], "input": "text", "workflow": [[]],
    ]

    /// An expression on the first line, and its input as JSON.
    static func expression(_ input: [UInt8]) throws(Finding) {
        var lines = InputLines(input)
        let text = lines.line()
        let value = (try? JSONParser.parse(lines.remainder)) ?? ["a": [1, ["b": "c"], nil], "key": ["": true]]
        let names = Set(arguments.map(\.key))
        let program: ExpressionProgram
        do {
            program = try ExpressionProgram(text, arguments: names)
        } catch {
            let isPlaced = error.offset <= text.utf8.count && error.line >= 1 && error.column >= 1
            return try require(isPlaced && !error.detail.isEmpty, "a fault has its place: \(error)")
        }
        let outcome = program.quickOutcome(input: value, arguments: arguments)
        try require(program.isQuick || outcome == nil, "only a quick expression has an outcome here")
        guard let spaced = try? ExpressionProgram(" \(text)\n\t ", arguments: names) else {
            // One of the most bytes that a program may have has no room for more.
            return try require(text.utf8.count > ExpressionProgram.maximumBytes - 4, "space around it changes nothing")
        }
        try require(spaced.isQuick == program.isQuick, "space around it does not slow it down")
        try require(spaced.arguments == program.arguments, "space around it adds no argument")
        let other = spaced.quickOutcome(input: value, arguments: arguments)
        try require(other == outcome, "space around it changes no outcome")
    }
}
