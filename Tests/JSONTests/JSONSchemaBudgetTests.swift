import JSON
import Testing

@Suite struct JSONSchemaBudgetTests {
    private static let outOfSteps = "could not be checked within the limit of steps"

    @Test func `a validation that runs out of steps is a violation`() throws {
        let schema = try JSONSchema(compiling: ["items": ["type": "integer"]], limits: limits(steps: 1_000))
        #expect(schema.validate(.array(Array(repeating: 1, count: 100))).isEmpty)
        #expect(schema.validate(.array(Array(repeating: 1, count: 1_000))).map(\.detail) == [Self.outOfSteps])
    }

    @Test(arguments: [
        #"{"not":{"items":{"minimum":0}}}"#, #"{"anyOf":[{"items":{"type":"integer"}},true]}"#,
        #"{"if":{"items":{"type":"integer"}},"else":true}"#, #"{"not":{"not":{"items":{"type":"integer"}}}}"#,
        #"{"contains":{"type":"integer"},"minContains":0}"#, #"{"uniqueItems":true}"#, #"{"not":{"uniqueItems":true}}"#,
    ])
    func `no keyword turns a lack of steps into acceptance`(text: String) throws {
        let schema = try JSONSchema(compiling: try JSONParser.parse(text), limits: limits(steps: 1_000))
        let items = (0..<2_000).map { JSONValue.integer($0) }
        #expect(schema.validate(.array(items)).map(\.detail) == [Self.outOfSteps])
    }

    @Test(arguments: [
        #"{"pattern":"^(?:a(?=.*$))*$"}"#, #"{"not":{"pattern":"^(?:a(?=.*$))*b$"}}"#,
        #"{"propertyNames":{"pattern":"^(?:a(?=.*$))*$"}}"#, #"{"patternProperties":{"^(?:a(?=.*$))*b$":false}}"#,
    ])
    func `patterns run under the same steps`(text: String) throws {
        let schema = try JSONSchema(compiling: try JSONParser.parse(text), limits: limits(steps: 20_000))
        let long = String(repeating: "a", count: 400)
        let value: JSONValue = text.contains("ropert") ? .object(JSONObject([(long, 1)])) : .string(long)
        #expect(schema.validate(value).map(\.detail) == [Self.outOfSteps])
    }

    @Test(arguments: [
        ##"{"$ref":"#"}"##, ##"{"not":{"$ref":"#"}}"##, ##"{"allOf":[{"$ref":"#"},{"$ref":"#"}]}"##,
        ##"{"$dynamicRef":"#a","$dynamicAnchor":"a"}"##, ##"{"anyOf":[{"$ref":"#"},true]}"##,
        ##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}"##,
    ])
    func `references in a circle end as a violation`(text: String) throws {
        let schema = try JSONSchema(compiling: try JSONParser.parse(text))
        #expect(schema.validate(1).map(\.detail) == ["could not be checked within the limit of nesting"])
    }

    @Test func `references that multiply end within the steps`() throws {
        var definitions = JSONObject()
        for level in 0..<40 {
            let next: JSONValue = ["$ref": .string("#/$defs/\(level + 1)")]
            definitions["\(level)"] = ["allOf": [next, next]]
        }
        definitions["40"] = ["type": "integer"]
        let schema = try JSONSchema(
            compiling: ["$ref": "#/$defs/0", "$defs": .object(definitions)], limits: limits(steps: 10_000))
        #expect(schema.validate(1).map(\.detail) == [Self.outOfSteps])
    }

    @Test func `comparing with long options is paid for`() throws {
        let option = JSONValue.array((0..<1_000).map { .integer($0) })
        let schema = try JSONSchema(compiling: ["items": ["enum": [option]]], limits: limits(steps: 5_000))
        #expect(schema.validate([option, option]).isEmpty)
        #expect(schema.validate(.array(Array(repeating: option, count: 6))).map(\.detail) == [Self.outOfSteps])
    }

    @Test func `violations are bounded`() throws {
        let many = JSONValue.array(Array(repeating: "s3cret", count: 1_000))
        let document: JSONValue = ["items": ["type": "integer"]]
        #expect(try JSONSchema(compiling: document).validate(many).count == 32)
        let few = JSONSchemaLimits(maximumViolations: 3)
        #expect(try JSONSchema(compiling: document, limits: few).validate(many).count == 3)
    }

    @Test func `nesting is bounded at its edge`() throws {
        let document: JSONValue = ["items": ["$ref": "#"]]
        let schema = try JSONSchema(compiling: document, limits: JSONSchemaLimits(maximumNesting: 5))
        #expect(schema.validate([[[]]]).isEmpty)
        #expect(schema.validate([[[1]]]).count == 1)
    }

    @Test func `a document as deep as one can be read is checked`() throws {
        let schema = try JSONSchema(
            compiling: ["items": ["$ref": "#"]], limits: JSONSchemaLimits(maximumNesting: 1_000))
        let text = String(repeating: "[", count: 256) + String(repeating: "]", count: 256)
        let value = try JSONParser.parse(text, limits: JSONLimits(maximumDepth: 256))
        #expect(schema.validate(value).isEmpty)
    }

    private func limits(steps: Int) -> JSONSchemaLimits { JSONSchemaLimits(maximumSteps: steps) }
}
