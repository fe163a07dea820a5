extension SchemaCompiler {
    /// Keywords of other drafts and dialects that would change what fits, with what to write instead.
    static let refused: [String: String] = [
        "additionalItems": "write prefixItems and items",
        "$recursiveRef": "write $dynamicRef",
        "$recursiveAnchor": "write $dynamicAnchor",
        "divisibleBy": "write multipleOf",
        "disallow": "write not",
        "extends": "write allOf",
        "nullable": "write a type with \"null\"",
    ]

    /// The drafts whose schemas are read, all by the rules of 2020-12.
    static let drafts: Set<String> = [
        "https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2019-09/schema",
        "http://json-schema.org/draft-07/schema", "http://json-schema.org/draft-06/schema",
    ]

    /// Compiles all keywords of a subschema.
    mutating func keywords(of place: SchemaPlace) throws(JSONSchemaError) -> [SchemaKeyword] {
        var keywords: [SchemaKeyword] = []
        for (key, value) in place.object {
            let pointer = place.pointer.appending(key)
            if let advice = Self.refused[key] {
                throw JSONSchemaError(pointer: pointer, detail: "is not supported; \(advice)")
            }
            if let assertion = try assertion(key, value, at: pointer) { keywords.append(assertion) }
            keywords += try applicators(key, value, at: pointer, in: place.resource)
        }
        keywords += try membersKeyword(of: place)
        keywords += try itemsKeyword(of: place)
        keywords += try containsKeyword(of: place)
        keywords += try conditionalKeyword(of: place)
        return keywords
    }

    /// Compiles a keyword that holds subschemas and stands alone.
    private mutating func applicators(
        _ key: String, _ value: JSONValue, at pointer: JSONPointer, in resource: Int
    ) throws(JSONSchemaError) -> [SchemaKeyword] {
        switch key {
        case "$ref": return [try reference(value, at: pointer, in: resource, isDynamic: false)]
        case "$dynamicRef": return [try reference(value, at: pointer, in: resource, isDynamic: true)]
        case "allOf": return [.all(try list(value, at: pointer, in: resource))]
        case "anyOf": return [.any(try list(value, at: pointer, in: resource))]
        case "oneOf": return [.one(try list(value, at: pointer, in: resource))]
        case "not": return [.not(try compile(value, at: pointer, in: resource))]
        case "propertyNames": return [.names(try compile(value, at: pointer, in: resource))]
        case "unevaluatedItems":
            tracksEvaluation = true
            return [.unevaluatedItems(try compile(value, at: pointer, in: resource))]
        case "unevaluatedProperties":
            tracksEvaluation = true
            return [.unevaluatedMembers(try compile(value, at: pointer, in: resource))]
        case "$defs", "definitions":
            _ = try map(value, at: pointer, in: resource)
            return []
        case "dependentSchemas":
            let schemas = try map(value, at: pointer, in: resource)
            return schemas.map { .dependentSchema(trigger: $0.key, schema: $0.schema) }
        case "dependencies", "dependentRequired":
            return try dependencies(value, allowingSchemas: key == "dependencies", at: pointer, in: resource)
        default:
            return []
        }
    }

    /// Compiles `dependentRequired`, or the older `dependencies` with names or a schema for each trigger.
    private mutating func dependencies(
        _ value: JSONValue, allowingSchemas: Bool, at pointer: JSONPointer, in resource: Int
    ) throws(JSONSchemaError) -> [SchemaKeyword] {
        var keywords: [SchemaKeyword] = []
        for (key, value) in try object(value, at: pointer) {
            let pointer = pointer.appending(key)
            if value.arrayValue == nil, allowingSchemas {
                let schema = try compile(value, at: pointer, in: resource)
                keywords.append(.dependentSchema(trigger: key, schema: schema))
            } else {
                keywords.append(.dependentRequired(trigger: key, required: try names(value, at: pointer)))
            }
        }
        return keywords
    }

    private mutating func membersKeyword(of place: SchemaPlace) throws(JSONSchemaError) -> [SchemaKeyword] {
        var members = SchemaMembers()
        if let value = place.object["properties"] {
            let pointer = place.pointer.appending("properties")
            for (key, schema) in try map(value, at: pointer, in: place.resource) {
                members.named[ExactKey(text: key)] = schema
            }
        }
        if let value = place.object["patternProperties"] {
            let pointer = place.pointer.appending("patternProperties")
            for (key, schema) in try map(value, at: pointer, in: place.resource) {
                members.patterns.append((try pattern(key, at: pointer.appending(key)), schema))
            }
        }
        members.rest = try single("additionalProperties", of: place)
        let isEmpty = members.named.isEmpty && members.patterns.isEmpty && members.rest == nil
        return isEmpty ? [] : [.members(members)]
    }

    private mutating func itemsKeyword(of place: SchemaPlace) throws(JSONSchemaError) -> [SchemaKeyword] {
        var prefix: [Int] = []
        if let value = place.object["prefixItems"] {
            prefix = try list(value, at: place.pointer.appending("prefixItems"), in: place.resource)
        }
        if case .array? = place.object["items"] {
            throw JSONSchemaError(
                pointer: place.pointer.appending("items"), detail: "must be one schema; write prefixItems for a list")
        }
        let rest = try single("items", of: place)
        return prefix.isEmpty && rest == nil ? [] : [.items(prefix: prefix, rest: rest)]
    }

    private mutating func containsKeyword(of place: SchemaPlace) throws(JSONSchemaError) -> [SchemaKeyword] {
        let minimum = try place.object["minContains"].map { value throws(JSONSchemaError) in
            try count(value, at: place.pointer.appending("minContains"))
        }
        let maximum = try place.object["maxContains"].map { value throws(JSONSchemaError) in
            try count(value, at: place.pointer.appending("maxContains"))
        }
        guard let schema = try single("contains", of: place) else { return [] }
        return [.contains(SchemaContains(schema: schema, minimum: minimum ?? 1, maximum: maximum))]
    }

    private mutating func conditionalKeyword(of place: SchemaPlace) throws(JSONSchemaError) -> [SchemaKeyword] {
        let condition = try single("if", of: place)
        let then = try single("then", of: place)
        let otherwise = try single("else", of: place)
        guard let condition else { return [] }
        return [.conditional(condition: condition, then: then, otherwise: otherwise)]
    }

    private mutating func single(_ key: String, of place: SchemaPlace) throws(JSONSchemaError) -> Int? {
        guard let value = place.object[key] else { return nil }
        return try compile(value, at: place.pointer.appending(key), in: place.resource)
    }

    private mutating func list(
        _ value: JSONValue, at pointer: JSONPointer, in resource: Int
    ) throws(JSONSchemaError) -> [Int] {
        guard case .array(let items) = value, !items.isEmpty else {
            throw JSONSchemaError(pointer: pointer, detail: "must be a list of at least one schema")
        }
        var nodes: [Int] = []
        for (index, item) in items.enumerated() {
            nodes.append(try compile(item, at: pointer.appending(index), in: resource))
        }
        return nodes
    }

    private mutating func map(
        _ value: JSONValue, at pointer: JSONPointer, in resource: Int
    ) throws(JSONSchemaError) -> [(key: String, schema: Int)] {
        var schemas: [(key: String, schema: Int)] = []
        for (key, schema) in try object(value, at: pointer) {
            schemas.append((key, try compile(schema, at: pointer.appending(key), in: resource)))
        }
        return schemas
    }
}
