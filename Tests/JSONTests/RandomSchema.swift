import JSON

/// Random schemas, most of them sound, some broken.
enum RandomSchema {
    private static let applicators = [
        "not", "items", "contains", "additionalProperties", "propertyNames", "if", "then", "else",
        "unevaluatedItems", "unevaluatedProperties",
    ]
    private static let lists = ["allOf", "anyOf", "oneOf", "prefixItems"]
    private static let maps = ["properties", "patternProperties", "dependentSchemas", "$defs"]
    private static let references = ["#", "#", "#a", "#/$defs/a", "#/allOf/0", "x.json", "x.json#b", "#/%zz", "other"]
    private static let counts = ["minLength", "maxLength", "minItems", "maxItems", "minContains", "maxProperties"]
    private static let numbers = ["maximum", "exclusiveMinimum", "multipleOf"]
    private static let names = ["a", "b", "key", "é"]
    private static let types = ["null", "boolean", "integer", "number", "string", "array", "object"]
    private static let formats = ["date-time", "date", "time", "email", "uri", "uuid", "ipv4", "ipv6", "other"]

    static func schema(using random: inout SeededGenerator, depth: Int = 0) -> JSONValue {
        if depth > 3 || Int.random(in: 0..<8, using: &random) == 0 { return .bool(Bool.random(using: &random)) }
        var object = JSONObject()
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let (key, value) = keyword(using: &random, depth: depth + 1)
            object[key] = value
        }
        if depth == 0 {
            object["$anchor"] = "a"
            object["$defs"] = ["a": schema(using: &random, depth: 1), "x": ["$id": "x.json", "$dynamicAnchor": "b"]]
        }
        return .object(object)
    }

    private static func keyword(using random: inout SeededGenerator, depth: Int) -> (String, JSONValue) {
        switch Int.random(in: 0..<13, using: &random) {
        case 0: return (pick(counts, using: &random), .integer(Int64.random(in: 0...4, using: &random)))
        case 1: return (pick(numbers, using: &random), RandomJSON.number(using: &random))
        case 2: return ("type", .string(pick(types, using: &random)))
        case 3: return ("enum", .array([RandomJSON.value(using: &random), RandomJSON.value(using: &random)]))
        case 4: return ("required", [.string(pick(names, using: &random))])
        case 5: return ("format", .string(pick(formats, using: &random)))
        case 6: return ("pattern", .string(pick(["^a+$", "(?=a)", "\\p{L}", "("], using: &random)))
        case 7: return (pick(["$ref", "$dynamicRef"], using: &random), .string(pick(references, using: &random)))
        case 8: return ("uniqueItems", .bool(Bool.random(using: &random)))
        case 9:
            let schemas = (0..<2).map { _ in schema(using: &random, depth: depth) }
            return (pick(lists, using: &random), .array(schemas))
        case 10:
            let members = (0..<2).map { _ in (pick(names, using: &random), schema(using: &random, depth: depth)) }
            return (pick(maps, using: &random), .object(JSONObject(members)))
        default: return (pick(applicators, using: &random), schema(using: &random, depth: depth))
        }
    }

    private static func pick(_ texts: [String], using random: inout SeededGenerator) -> String {
        texts[Int.random(in: 0..<texts.count, using: &random)]
    }
}
