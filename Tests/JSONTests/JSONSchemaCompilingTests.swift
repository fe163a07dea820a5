import JSON
import Testing

@Suite struct JSONSchemaCompilingTests {
    @Test(arguments: SchemaRefusal.all)
    func `what is no schema is refused with its place`(refusal: SchemaRefusal) {
        let error = #expect(throws: JSONSchemaError.self) {
            try JSONSchema(compiling: try JSONParser.parse(refusal.schema))
        }
        #expect(error?.pointer.description == refusal.pointer)
        #expect(error?.detail.contains(refusal.detail) == true, "\(error?.detail ?? "")")
    }

    @Test(arguments: [
        "https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2019-09/schema",
        "http://json-schema.org/draft-07/schema#", "http://json-schema.org/draft-06/schema#",
    ])
    func `schemas of these drafts are read`(draft: String) throws {
        let document: JSONValue = [
            "$schema": .string(draft), "definitions": ["name": ["type": "string"]],
            "properties": ["a": ["$ref": "#/definitions/name"]],
            "dependencies": ["b": ["a"], "c": ["required": ["b"]]],
            "x-order": 1, "example": [], "contentMediaType": "text/html",
        ]
        let schema = try JSONSchema(compiling: document)
        #expect(schema.validate(["a": "x", "b": 1, "c": 2]).isEmpty)
        #expect(schema.validate(["a": 1, "c": 2]).map(\.pointer.description) == ["/b", "/a"])
        #expect(schema.validate(["b": 1]).map(\.pointer.description) == ["/a"])
    }

    @Test func `references reach everything in the document`() throws {
        let document = #"""
            {"$id":"https://example.com/root/","type":"object","$defs":{
              "a":{"$id":"folder/a.json","$anchor":"here","type":"integer"},
              "b~/ü":{"type":"string"}},
             "extra":{"deep":[{"minimum":5}]},
             "properties":{
               "one":{"$ref":"folder/a.json"},"two":{"$ref":"https://example.com/root/x/../folder/a.json#here"},
               "three":{"$ref":"#/$defs/b~0~1%C3%BC"},"four":{"$ref":"#/extra/deep/0"},
               "five":{"$ref":"/root/#/$defs/a"}}}
            """#
        let schema = try JSONSchema(compiling: try JSONParser.parse(document))
        #expect(schema.validate(["one": 1, "two": 2, "three": "x", "four": 5, "five": 3]).isEmpty)
        let wrong: JSONValue = ["one": "x", "two": "x", "three": 1, "four": 4, "five": "x"]
        #expect(schema.validate(wrong).map(\.pointer.description) == ["/one", "/two", "/three", "/four", "/five"])
    }

    @Test func `every limit of compiling holds at its edge`() {
        let three: JSONValue = ["allOf": [true, ["$id": "a"]]]
        #expect(compiles(three, JSONSchemaLimits(maximumSubschemas: 3)))
        #expect(!compiles(three, JSONSchemaLimits(maximumSubschemas: 2)))
        #expect(compiles(three, JSONSchemaLimits(maximumDepth: 2)))
        #expect(!compiles(three, JSONSchemaLimits(maximumDepth: 1)))
        #expect(compiles(three, JSONSchemaLimits(maximumPointerBytes: 8)))
        #expect(!compiles(three, JSONSchemaLimits(maximumPointerBytes: 7)))
        #expect(compiles(three, JSONSchemaLimits(maximumResources: 2)))
        #expect(!compiles(three, JSONSchemaLimits(maximumResources: 1)))
        let reference: JSONValue = ["$ref": "#/$defs/a", "$defs": ["a": true]]
        #expect(compiles(reference, JSONSchemaLimits(maximumPointerBytes: 9)))
        #expect(!compiles(reference, JSONSchemaLimits(maximumPointerBytes: 8)))
        let patterns: JSONValue = ["pattern": "aa", "patternProperties": ["^a(?=b)": true]]
        #expect(compiles(patterns, JSONSchemaLimits(maximumInstructions: 9)))
        #expect(!compiles(patterns, JSONSchemaLimits(maximumInstructions: 8)))
        let standard = JSONSchemaLimits.standard
        #expect(standard.maximumSubschemas == 10_000 && standard.maximumDepth == 128)
        #expect(standard.maximumPointerBytes == 4_096 && standard.maximumResources == 256)
        #expect(
            standard.maximumInstructions == 100_000 && standard.maximumNesting == 256
                && standard.maximumSteps == 2_000_000)
        #expect(standard.maximumViolations == 32)
    }

    private func compiles(_ document: JSONValue, _ limits: JSONSchemaLimits) -> Bool {
        (try? JSONSchema(compiling: document, limits: limits)) != nil
    }
}

/// A document that is no schema, and why.
struct SchemaRefusal: Sendable, CustomTestStringConvertible {
    let schema: String
    let pointer: String
    let detail: String

    init(_ schema: String, _ pointer: String, _ detail: String) {
        self.schema = schema
        self.pointer = pointer
        self.detail = detail
    }

    var testDescription: String { schema }

    static let all: [SchemaRefusal] = values + references + dialects

    private static let values: [SchemaRefusal] = [
        SchemaRefusal("1", "", "must be an object or a boolean"),
        SchemaRefusal(#"{"properties":{"a":3}}"#, "/properties/a", "must be an object or a boolean"),
        SchemaRefusal(#"{"properties":[]}"#, "/properties", "must be an object"),
        SchemaRefusal(#"{"patternProperties":{"(":true}}"#, "/patternProperties/(", "is not a pattern"),
        SchemaRefusal(#"{"type":"text"}"#, "/type", "must be null, boolean"),
        SchemaRefusal(#"{"type":[]}"#, "/type", "at least one"),
        SchemaRefusal(#"{"type":["null","null"]}"#, "/type", "must be null, boolean"),
        SchemaRefusal(#"{"enum":1}"#, "/enum", "must be a list"),
        SchemaRefusal(#"{"multipleOf":0}"#, "/multipleOf", "above zero"),
        SchemaRefusal(#"{"multipleOf":-1}"#, "/multipleOf", "above zero"),
        SchemaRefusal(#"{"multipleOf":1.000000000000000001}"#, "/multipleOf", "at most 18 digits"),
        SchemaRefusal(#"{"maximum":"1"}"#, "/maximum", "must be a number"),
        SchemaRefusal(#"{"exclusiveMinimum":true}"#, "/exclusiveMinimum", "must be a number"),
        SchemaRefusal(#"{"minLength":-1}"#, "/minLength", "whole number"),
        SchemaRefusal(#"{"maxItems":1.5}"#, "/maxItems", "whole number"),
        SchemaRefusal(#"{"minContains":"1"}"#, "/minContains", "whole number"),
        SchemaRefusal(#"{"pattern":"[a"}"#, "/pattern", "character 3: a class is not closed"),
        SchemaRefusal(#"{"pattern":1}"#, "/pattern", "must be a string"),
        SchemaRefusal(#"{"format":1}"#, "/format", "must be a string"),
        SchemaRefusal(#"{"uniqueItems":1}"#, "/uniqueItems", "true or false"),
        SchemaRefusal(#"{"required":"a"}"#, "/required", "list of names"),
        SchemaRefusal(#"{"required":[1]}"#, "/required", "list of names"),
        SchemaRefusal(#"{"required":["a","a"]}"#, "/required", "twice"),
        SchemaRefusal(#"{"dependentRequired":{"a":true}}"#, "/dependentRequired/a", "list of names"),
        SchemaRefusal(#"{"dependentSchemas":{"a":["b"]}}"#, "/dependentSchemas/a", "object or a boolean"),
        SchemaRefusal(#"{"allOf":[]}"#, "/allOf", "at least one"),
        SchemaRefusal(#"{"anyOf":{}}"#, "/anyOf", "at least one"),
        SchemaRefusal(#"{"oneOf":[{"not":[]}]}"#, "/oneOf/0/not", "object or a boolean"),
    ]

    private static let references: [SchemaRefusal] = [
        SchemaRefusal(#"{"$ref":1}"#, "/$ref", "must be a string"),
        SchemaRefusal(##"{"$ref":"#/$defs/a"}"##, "/$ref", "not there"),
        SchemaRefusal(##"{"$ref":"#/type","type":"object"}"##, "/type", "object or a boolean"),
        SchemaRefusal(##"{"$ref":"#a"}"##, "/$ref", "anchor that is not there"),
        SchemaRefusal(##"{"$ref":"#/~2"}"##, "/$ref", "broken JSON Pointer"),
        SchemaRefusal(##"{"$ref":"#/%zz"}"##, "/$ref", "broken percent sign"),
        SchemaRefusal(##"{"$ref":"#/%ff"}"##, "/$ref", "broken percent sign"),
        SchemaRefusal(#"{"items":{"$ref":"other.json"}}"#, "/items/$ref", "another document"),
        SchemaRefusal(#"{"$ref":"https://example.com/a"}"#, "/$ref", "another document"),
        SchemaRefusal(#"{"$dynamicRef":"https://example.com/a#b"}"#, "/$dynamicRef", "another document"),
        SchemaRefusal(#"{"$id":1}"#, "/$id", "must be a string"),
        SchemaRefusal(##"{"$id":"#a"}"##, "/$id", "use $anchor"),
        SchemaRefusal(#"{"$defs":{"a":{"$id":"x"},"b":{"$id":"x"}}}"#, "/$defs/b/$id", "another subschema"),
        SchemaRefusal(#"{"$anchor":"1a"}"#, "/$anchor", "must be a name"),
        SchemaRefusal(#"{"$anchor":"a","not":{"$dynamicAnchor":"a"}}"#, "/not/$dynamicAnchor", "another subschema"),
    ]

    private static let dialects: [SchemaRefusal] = [
        SchemaRefusal(#"{"$schema":"http://json-schema.org/draft-04/schema#"}"#, "/$schema", "dialect"),
        SchemaRefusal(#"{"$schema":1}"#, "/$schema", "must be a string"),
        SchemaRefusal(#"{"items":[true]}"#, "/items", "prefixItems"),
        SchemaRefusal(#"{"additionalItems":false}"#, "/additionalItems", "prefixItems"),
        SchemaRefusal(##"{"$recursiveRef":"#"}"##, "/$recursiveRef", "$dynamicRef"),
        SchemaRefusal(#"{"$recursiveAnchor":true}"#, "/$recursiveAnchor", "$dynamicAnchor"),
        SchemaRefusal(#"{"properties":{"a":{"nullable":true}}}"#, "/properties/a/nullable", "null"),
        SchemaRefusal(#"{"divisibleBy":2}"#, "/divisibleBy", "multipleOf"),
        SchemaRefusal(#"{"disallow":"string"}"#, "/disallow", "not"),
        SchemaRefusal(#"{"extends":{}}"#, "/extends", "allOf"),
    ]
}
