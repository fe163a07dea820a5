import JSON
import Testing

@Suite struct JSONSchemaTests {
    private static let order: JSONValue = [
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": [
            "customer": ["type": "string", "minLength": 1, "maxLength": 5, "pattern": "^[a-z]+$"],
            "amount": ["type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1_500, "multipleOf": 2],
            "kind": ["enum": ["card", "invoice", 7]],
            "version": ["const": 1],
            "lines": [
                "type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true, "items": ["$ref": "#/$defs/line"],
            ],
        ],
        "patternProperties": ["^x-": ["type": "integer"]],
        "additionalProperties": false,
        "required": ["customer", "lines"],
        "dependentRequired": ["amount": ["kind"]],
        "$defs": ["line": ["type": "object", "required": ["sku"], "propertyNames": ["maxLength": 3]]],
    ]

    @Test func `a value that fits has no violations`() throws {
        let schema = try JSONSchema(compiling: Self.order)
        let value: JSONValue = [
            "customer": "acme", "amount": 1_500, "kind": "card", "version": 1, "lines": [["sku": 1]], "x-note": 3,
        ]
        #expect(schema.validate(value).isEmpty)
    }

    @Test func `each violation names its place and what is expected`() throws {
        let schema = try JSONSchema(compiling: Self.order)
        let value = try JSONParser.parse(
            #"""
            {"customer":"ACME 12","amount":-3,"version":2,"x-note":"s3cret","unknown":"s3cret",
             "lines":[{"long name":1},{"sku":1},{"sku":1.0}]}
            """#)
        #expect(
            schema.validate(value).map { "\($0.pointer) \($0.detail)" }.sorted()
                == [
                    "/amount must be a multiple of 2",
                    "/amount must be greater than 0",
                    "/customer must have at most 5 characters",
                    "/customer must match the pattern ^[a-z]+$",
                    "/kind is required",
                    "/lines must have at most 2 items",
                    "/lines must not have the same item twice",
                    "/lines/0/long name has a name that is not allowed",
                    "/lines/0/sku is required",
                    "/unknown is not allowed",
                    "/version must be 1",
                    "/x-note must be a whole number",
                ].sorted())
    }

    @Test(arguments: WordingSample.all)
    func `a violation speaks of the schema alone`(sample: WordingSample) throws {
        let schema = try JSONSchema(compiling: try JSONParser.parse(sample.schema), formats: .asserted)
        let found = schema.validate(try JSONParser.parse(sample.value))
        #expect(found.map(\.detail) == [sample.detail])
        #expect(!found.contains { $0.detail.contains("s3cret") })
    }

    @Test func `long parts of a schema are cut short`() throws {
        let long = String(repeating: "a", count: 1_000)
        let schema = try JSONSchema(compiling: [
            "enum": [.string(long), .string(long + "b")], "pattern": .string(long),
        ])
        let constant = try JSONSchema(compiling: ["const": .string(long)])
        let found = schema.validate("s3cret") + constant.validate("s3cret")
        #expect(found.count == 3)
        #expect(found.allSatisfy { $0.detail.unicodeScalars.count < 250 })
    }

    @Test func `numbers are exact`() throws {
        #expect(try fits("0.3", #"{"multipleOf": 0.1}"#))
        #expect(try fits("1e9999999999", #"{"multipleOf": 7e-3, "type": "integer"}"#) == false)
        #expect(try fits("7e9999999999", #"{"multipleOf": 7e-3, "type": "integer"}"#))
        #expect(try fits("1e-9999999999", #"{"multipleOf": 1}"#) == false)
        #expect(try fits("9007199254740993", #"{"maximum": 9007199254740992}"#) == false)
        #expect(try fits("9007199254740993", #"{"const": 9007199254740992}"#) == false)
        #expect(try fits("1.50", #"{"enum": [1.5]}"#))
        #expect(try fits("100000000000000000000000000000000000000001", #"{"multipleOf": 999999999999999999}"#) == false)
        #expect(try fits("999999999999999999000000000000000000", #"{"multipleOf": 999999999999999999}"#))
    }

    @Test(arguments: ["anyOf", "oneOf"])
    func `of several schemas the one meant for the type explains`(keyword: String) throws {
        let document = ##"""
            {"\##(keyword)":[{"type":"null"},{"$ref":"#/$defs/a"}],
             "$defs":{"a":{"$ref":"#/$defs/b"},"b":{"type":"object","required":["id"]}}}
            """##
        let schema = try JSONSchema(compiling: try JSONParser.parse(document))
        #expect(schema.validate(nil).isEmpty)
        #expect(schema.validate([:]).map { "\($0.pointer) \($0.detail)" } == ["/id is required"])
        #expect(schema.validate("s3cret").map(\.detail).first?.hasPrefix("must fit") == true)
    }

    @Test func `a recursive schema follows its value`() throws {
        let schema = ##"{"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false}"##
        #expect(try fits(#"{"next":{"next":{}}}"#, schema))
        #expect(try fits(#"{"next":{"next":{"last":1}}}"#, schema) == false)
    }

    @Test func `keys and strings are compared by code points`() throws {
        #expect(try fits("\"\\u00e9\"", "{\"const\":\"e\\u0301\"}") == false)
        #expect(try fits("{\"\\u212a\":1}", #"{"properties":{"K":true},"additionalProperties":false}"#) == false)
        #expect(try fits("\"e\\u0301\"", #"{"maxLength":1}"#) == false)
    }

    @Test func `a format is an annotation unless it is asserted`() throws {
        let document: JSONValue = ["format": "date-time"]
        #expect(try JSONSchema(compiling: document).validate("yesterday").isEmpty)
        #expect(try JSONSchema(compiling: document, formats: .asserted).validate("yesterday").count == 1)
        #expect(try JSONSchema(compiling: ["format": "hostname"], formats: .asserted).validate("-").isEmpty)
    }

    private func fits(_ value: String, _ schema: String) throws -> Bool {
        try JSONSchema(compiling: JSONParser.parse(schema)).validate(JSONParser.parse(value)).isEmpty
    }
}

/// A value with one violation.
struct WordingSample: Sendable, CustomTestStringConvertible {
    let schema: String
    let value: String
    let detail: String

    init(_ schema: String, _ value: String, _ detail: String) {
        self.schema = schema
        self.value = value
        self.detail = detail
    }

    var testDescription: String { schema }

    static let all: [WordingSample] = [
        WordingSample("false", "\"s3cret\"", "is not allowed"),
        WordingSample(#"{"type":"null"}"#, "\"s3cret\"", "must be null"),
        WordingSample(#"{"type":["array","null"]}"#, "\"s3cret\"", "must be an array or null"),
        WordingSample(#"{"type":["object","boolean"]}"#, "1", "must be an object or true or false"),
        WordingSample(#"{"enum":["a",{"b":1}]}"#, "\"s3cret\"", #"must be one of "a", {"b":1}"#),
        WordingSample(#"{"const":null}"#, "\"s3cret\"", "must be null"),
        WordingSample(#"{"minimum":1.50}"#, "1", "must be at least 1.50"),
        WordingSample(#"{"maximum":1}"#, "2", "must be at most 1"),
        WordingSample(#"{"exclusiveMaximum":1}"#, "1", "must be less than 1"),
        WordingSample(#"{"minLength":1}"#, "\"\"", "must have at least 1 character"),
        WordingSample(#"{"minItems":2}"#, "[1]", "must have at least 2 items"),
        WordingSample(#"{"minProperties":1}"#, "{}", "must have at least 1 member"),
        WordingSample(#"{"maxProperties":0}"#, #"{"a":1}"#, "must have at most 0 members"),
        WordingSample(#"{"contains":{"type":"null"}}"#, "[1]", "must have at least 1 items of a certain kind"),
        WordingSample(#"{"contains":true,"maxContains":1}"#, "[1,2]", "must have at most 1 items of a certain kind"),
        WordingSample(#"{"anyOf":[{"type":"null"},false]}"#, "\"s3cret\"", "must fit at least one of 2 schemas"),
        WordingSample(#"{"oneOf":[{"type":"null"},false]}"#, "\"s3cret\"", "must fit one of 2 schemas"),
        WordingSample(#"{"anyOf":[{"minLength":9},{"const":1}]}"#, "\"s3cret\"", "must fit at least one of 2 schemas"),
        WordingSample(#"{"oneOf":[true,true]}"#, "\"s3cret\"", "must fit only one of 2 schemas"),
        WordingSample(#"{"not":{"type":"string"}}"#, "\"s3cret\"", "has a value that is not allowed"),
        WordingSample(#"{"if":true,"then":{"minLength":9}}"#, "\"s3cret\"", "must have at least 9 characters"),
        WordingSample(#"{"unevaluatedProperties":false}"#, #"{"a":"s3cret"}"#, "is not allowed"),
        WordingSample(#"{"format":"date-time"}"#, "\"s3cret\"", "must be a time such as 2026-11-20T09:30:00Z"),
        WordingSample(#"{"format":"date"}"#, "\"s3cret\"", "must be a date such as 2026-11-20"),
        WordingSample(#"{"format":"time"}"#, "\"s3cret\"", "must be a time of day such as 09:30:00Z"),
        WordingSample(#"{"format":"email"}"#, "\"s3cret\"", "must be an email address"),
        WordingSample(#"{"format":"uri"}"#, "\"s3cret\"", "must be a URI with its scheme"),
        WordingSample(#"{"format":"uuid"}"#, "\"s3cret\"", "must be a UUID"),
        WordingSample(#"{"format":"ipv4"}"#, "\"s3cret\"", "must be an IPv4 address"),
        WordingSample(#"{"format":"ipv6"}"#, "\"s3cret\"", "must be an IPv6 address"),
    ]
}
