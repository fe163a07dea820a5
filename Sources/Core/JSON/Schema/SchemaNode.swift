/// One compiled subschema.
struct SchemaNode: Sendable {
    /// What is checked, in this order.
    var keywords: [SchemaKeyword] = []
    /// The schema resource (the part of the document under one `$id`) that it belongs to.
    let resource: Int
}

/// One check; numbers stand for subschemas by their place in `JSONSchema.nodes`.
enum SchemaKeyword: Sendable {
    case never
    case type(Set<SchemaType>)
    case options(SchemaOptions)
    case divisor(SchemaDivisor)
    case bound(SchemaBound)
    case size(SchemaSize)
    case pattern(JSONPattern)
    case format(SchemaFormat)
    case uniqueItems
    case required([String])
    case dependentRequired(trigger: String, required: [String])
    case reference(Int)
    case dynamicReference(Int)
    case all([Int])
    case any([Int])
    case one([Int])
    case not(Int)
    case conditional(condition: Int, then: Int?, otherwise: Int?)
    case dependentSchema(trigger: String, schema: Int)
    case items(prefix: [Int], rest: Int?)
    case contains(SchemaContains)
    case members(SchemaMembers)
    case names(Int)
    case unevaluatedItems(Int)
    case unevaluatedMembers(Int)

    /// Whether it depends on what the others have evaluated.
    var isLast: Bool {
        switch self {
        case .unevaluatedItems, .unevaluatedMembers: true
        default: false
        }
    }
}

/// The types that `type` names.
enum SchemaType: String, Sendable {
    case null, boolean, integer, number, string, array, object
}

/// The values of `enum` or `const`.
struct SchemaOptions: Sendable {
    let values: [JSONValue]
    /// The work of comparing with all of them, in steps.
    let cost: Int
}

/// One of the four bounds of a number.
struct SchemaBound: Sendable {
    let limit: JSONNumber
    let isUpper: Bool
    let isExclusive: Bool
}

/// A bound on how long or how many.
struct SchemaSize: Sendable {
    enum Unit: Sendable {
        case characters, items, members
    }

    let unit: Unit
    let limit: Int
    let isUpper: Bool
}

/// `contains` with its two counts.
struct SchemaContains: Sendable {
    let schema: Int
    let minimum: Int
    let maximum: Int?
}

/// `properties`, `patternProperties` and `additionalProperties` of one subschema.
struct SchemaMembers: Sendable {
    var named: [ExactKey: Int] = [:]
    var patterns: [(pattern: JSONPattern, schema: Int)] = []
    var rest: Int?
}

/// Where a `$dynamicRef` leads.
struct SchemaDynamicReference: Sendable {
    /// The target that a plain reference would have.
    let target: Int
    /// The name to look for in the dynamic scope, if the target carries it as a `$dynamicAnchor`.
    let anchor: String?
}
