import JSON

// Stands in until JSON's own schema type lands; the lead removes this file.
struct JSONSchemaError: Error {
    let pointer: JSONPointer
    let detail: String
}

struct JSONSchema {
    init(compiling: JSONValue) throws(JSONSchemaError) {}
    func validate(_ value: JSONValue) -> [JSONViolation] { [] }
}
