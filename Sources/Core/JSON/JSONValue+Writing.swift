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
            bytes.append(UInt8(ascii: "["))
            for place in items.indices {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                items[place].write(into: &bytes)
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
