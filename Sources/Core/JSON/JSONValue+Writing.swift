extension JSONValue {
    /// Appends the document: compact, keys in their order, numbers as they were read.
    package func write(into bytes: inout [UInt8]) {
        switch self {
        case .null: JSONText.append("null" as StaticString, to: &bytes)
        case .bool(let value): JSONText.append(value ? "true" : "false" as StaticString, to: &bytes)
        case .number(let value):
            if let integer = value.integer {
                JSONText.append(integer, to: &bytes)
            } else {
                bytes.append(contentsOf: value.text.utf8)
            }
        case .string(let value): JSONText.append(value, to: &bytes)
        case .array(let items):
            var separator = UInt8(ascii: "[")
            if items.isEmpty { bytes.append(separator) }
            for item in items {
                bytes.append(separator)
                item.write(into: &bytes)
                separator = UInt8(ascii: ",")
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            object.write(into: &bytes)
        }
    }

    /// The document as bytes.
    package func serialized() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        write(into: &bytes)
        return bytes
    }

    /// The document as text.
    package var text: String { String(decoding: serialized(), as: UTF8.self) }
}
