package import JSON

/// A JSON Schema (2020-12) as the description of the API shows it.
///
/// Objects are closed: a member that is not declared does not fit.
package struct Schema: Sendable, Equatable {
    /// The schema itself.
    package let json: JSONValue

    private init(_ members: [(String, JSONValue?)]) {
        json = .object(JSONObject(members.compactMap { name, value in value.map { (name, $0) } }))
    }

    /// Any JSON value.
    static let anything = Schema([])

    /// `null` and nothing else.
    static let null = Schema([("type", "null")])

    /// True or false.
    static let boolean = Schema([("type", "boolean")])

    /// A time as RFC 3339 has it, in UTC.
    static let time = Schema([("type", "string"), ("format", "date-time")])

    /// Any object.
    static let anyObject = Schema([("type", "object")])

    /// Any object that is not empty.
    static let filledObject = Schema([("type", "object"), ("minProperties", 1)])

    /// A JSON Schema that somebody gives, or was given.
    static let schema = Schema([("type", ["object", "boolean"])])

    /// A text; lengths are in Unicode scalars, the pattern is one of ECMA-262.
    static func text(minimum: Int? = nil, maximum: Int? = nil, pattern: String? = nil) -> Schema {
        Schema([
            ("type", "string"), ("minLength", minimum.map { .integer(Int64($0)) }),
            ("maxLength", maximum.map { .integer(Int64($0)) }), ("pattern", pattern.map { .string($0) }),
        ])
    }

    /// A whole number.
    static func integer(_ minimum: Int64? = nil, to maximum: Int64? = nil) -> Schema {
        Schema([
            ("type", "integer"), ("minimum", minimum.map { .integer($0) }), ("maximum", maximum.map { .integer($0) }),
        ])
    }

    /// A number from 0 to 1.
    static let share = Schema([("type", "number"), ("minimum", 0), ("maximum", 1)])

    /// One of the texts of an enumeration.
    static func choice<Value: RawRepresentable & CaseIterable>(
        of type: Value.Type
    ) -> Schema where Value.RawValue == String {
        choice(of: Value.allCases.map(\.rawValue))
    }

    /// One of these texts.
    static func choice(of texts: [String]) -> Schema {
        Schema([("type", "string"), ("enum", .array(texts.map { .string($0) }))])
    }

    /// One text.
    static func constant(_ text: String) -> Schema { Schema([("type", "string"), ("const", .string(text))]) }

    /// A list.
    static func list(of item: Schema, minimum: Int? = nil, maximum: Int? = nil) -> Schema {
        Schema([
            ("type", "array"), ("items", item.json), ("minItems", minimum.map { .integer(Int64($0)) }),
            ("maxItems", maximum.map { .integer(Int64($0)) }),
        ])
    }

    /// An object with these members and no other.
    static func object(
        _ required: [(String, Schema)], optional: [(String, Schema)] = []
    ) -> Schema {
        let names = required.map { JSONValue.string($0.0) }
        return Schema([
            ("type", "object"), ("properties", .object(JSONObject((required + optional).map { ($0.0, $0.1.json) }))),
            ("required", names.isEmpty ? nil : .array(names)), ("additionalProperties", false),
        ])
    }

    /// An object of which these members are known, and others may be there besides.
    static func open(_ known: [(String, Schema)]) -> Schema {
        Schema([("type", "object"), ("properties", .object(JSONObject(known.map { ($0.0, $0.1.json) })))])
    }

    /// An object whose members are named from outside.
    static func map(of value: Schema, maximumCount: Int? = nil, maximumNameLength: Int? = nil) -> Schema {
        Schema([
            ("type", "object"), ("additionalProperties", value.json),
            ("propertyNames", maximumNameLength.map { ["maxLength": .integer(Int64($0))] }),
            ("maxProperties", maximumCount.map { .integer(Int64($0)) }),
        ])
    }

    /// A value of exactly one of these forms.
    static func oneOf(_ forms: [Schema]) -> Schema { Schema([("oneOf", .array(forms.map(\.json)))]) }

    /// What a component describes.
    static func reference(_ component: Component) -> Schema {
        Schema([("$ref", .string("#/components/schemas/\(component.rawValue)"))])
    }

    /// The same, or `null`.
    var orNull: Schema { Schema([("anyOf", [json, ["type": "null"]])]) }
}
