/// What a violation says; it is made from the schema alone, never from the value.
enum SchemaWording {
    /// The longest part of a schema that is repeated, in Unicode scalars.
    static let maximumLength = 200

    static func types(_ types: Set<SchemaType>) -> String {
        "must be " + types.map(name).sorted().joined(separator: " or ")
    }

    private static func name(_ type: SchemaType) -> String {
        switch type {
        case .null: "null"
        case .boolean: "true or false"
        case .integer: "a whole number"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    static func options(_ options: SchemaOptions) -> String {
        guard options.values.count != 1 else { return "must be \(short(options.values[0].text))" }
        var list = ""
        for value in options.values where list.unicodeScalars.count <= maximumLength {
            list += (list.isEmpty ? "" : ", ") + short(value.text)
        }
        return "must be one of \(short(list))"
    }

    static func bound(_ bound: SchemaBound) -> String {
        let limit = short(bound.limit.text)
        if bound.isExclusive { return "must be \(bound.isUpper ? "less" : "greater") than \(limit)" }
        return "must be at \(bound.isUpper ? "most" : "least") \(limit)"
    }

    static func size(_ size: SchemaSize) -> String {
        let unit =
            switch size.unit {
            case .characters: "character"
            case .items: "item"
            case .members: "member"
            }
        return "must have at \(size.isUpper ? "most" : "least") \(size.limit) \(unit)\(size.limit == 1 ? "" : "s")"
    }

    static func short(_ text: String) -> String { text.shortened(to: maximumLength) }
}
