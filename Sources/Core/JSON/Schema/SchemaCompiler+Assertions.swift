extension SchemaCompiler {
    /// Compiles a keyword without subschemas; nothing for an annotation or a keyword that is compiled elsewhere.
    mutating func assertion(
        _ key: String, _ value: JSONValue, at pointer: JSONPointer
    ) throws(JSONSchemaError) -> SchemaKeyword? {
        switch key {
        case "$schema": return try draft(value, at: pointer)
        case "type": return .type(try types(value, at: pointer))
        case "const": return .options(SchemaOptions(values: [value], cost: value.weight))
        case "enum":
            guard case .array(let values) = value else { throw failure(pointer, "must be a list") }
            return .options(SchemaOptions(values: values, cost: value.weight))
        case "multipleOf":
            guard let divisor = SchemaDivisor(try number(value, at: pointer)) else {
                throw failure(pointer, "must be above zero, with at most \(SchemaDivisor.maximumDigits) digits")
            }
            return .divisor(divisor)
        case "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum":
            return .bound(
                SchemaBound(
                    limit: try number(value, at: pointer), isUpper: key.hasSuffix("aximum"),
                    isExclusive: key.hasPrefix("exclusive")))
        case "maxLength", "minLength": return try size(.characters, key, value, at: pointer)
        case "maxItems", "minItems": return try size(.items, key, value, at: pointer)
        case "maxProperties", "minProperties": return try size(.members, key, value, at: pointer)
        case "pattern":
            guard case .string(let text) = value else { throw failure(pointer, "must be a string") }
            return .pattern(try pattern(text, at: pointer))
        case "format":
            guard case .string(let name) = value else { throw failure(pointer, "must be a string") }
            return formats == .asserted ? SchemaFormat(rawValue: name).map { .format($0) } : nil
        case "uniqueItems":
            guard case .bool(let isOn) = value else { throw failure(pointer, "must be true or false") }
            return isOn ? .uniqueItems : nil
        case "required": return .required(try names(value, at: pointer))
        default: return nil
        }
    }

    private func draft(_ value: JSONValue, at pointer: JSONPointer) throws(JSONSchemaError) -> SchemaKeyword? {
        guard case .string(let text) = value else { throw failure(pointer, "must be a string") }
        guard Self.drafts.contains(text.last == "#" ? String(text.dropLast()) : text) else {
            throw failure(pointer, "names a dialect that is not supported; write 2020-12")
        }
        return nil
    }

    private func types(_ value: JSONValue, at pointer: JSONPointer) throws(JSONSchemaError) -> Set<SchemaType> {
        let listed: [JSONValue]
        if case .array(let values) = value { listed = values } else { listed = [value] }
        var types: Set<SchemaType> = []
        for value in listed {
            guard let type = value.stringValue.flatMap(SchemaType.init(rawValue:)), types.insert(type).inserted else {
                throw failure(
                    pointer,
                    "must be null, boolean, integer, number, string, array or object, or a list of some of them")
            }
        }
        guard !types.isEmpty else { throw failure(pointer, "must name at least one type") }
        return types
    }

    private func number(_ value: JSONValue, at pointer: JSONPointer) throws(JSONSchemaError) -> JSONNumber {
        guard case .number(let number) = value else { throw failure(pointer, "must be a number") }
        return number
    }

    private func size(
        _ unit: SchemaSize.Unit, _ key: String, _ value: JSONValue, at pointer: JSONPointer
    ) throws(JSONSchemaError) -> SchemaKeyword {
        .size(SchemaSize(unit: unit, limit: try count(value, at: pointer), isUpper: key.hasPrefix("max")))
    }

    /// Reads a count; one beyond all that there can be stays just that.
    func count(_ value: JSONValue, at pointer: JSONPointer) throws(JSONSchemaError) -> Int {
        guard case .number(let number) = value, number.isWhole, !number.decimal.isNegative else {
            throw failure(pointer, "must be a whole number of at least 0")
        }
        return number.int64.map { Int($0) } ?? .max
    }

    /// Reads a list of different names.
    func names(_ value: JSONValue, at pointer: JSONPointer) throws(JSONSchemaError) -> [String] {
        guard case .array(let values) = value else { throw failure(pointer, "must be a list of names") }
        var names: [String] = []
        for value in values {
            guard case .string(let name) = value else { throw failure(pointer, "must be a list of names") }
            names.append(name)
        }
        guard Set(names.map(ExactKey.init)).count == names.count else {
            throw failure(pointer, "must not have the same name twice")
        }
        return names
    }

    func object(_ value: JSONValue, at pointer: JSONPointer) throws(JSONSchemaError) -> JSONObject {
        guard case .object(let object) = value else { throw failure(pointer, "must be an object") }
        return object
    }

    mutating func pattern(_ text: String, at pointer: JSONPointer) throws(JSONSchemaError) -> JSONPattern {
        let pattern: JSONPattern
        do throws(JSONPatternError) {
            pattern = try JSONPattern(text)
        } catch {
            throw failure(pointer, "is not a pattern: \(error)")
        }
        instructions += pattern.program.count
        guard instructions <= limits.maximumInstructions else {
            throw failure(pointer, "makes the patterns of the schema too large; are their counts too high?")
        }
        return pattern
    }

    private func failure(_ pointer: JSONPointer, _ detail: String) -> JSONSchemaError {
        JSONSchemaError(pointer: pointer, detail: detail)
    }
}
