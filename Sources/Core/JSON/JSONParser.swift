/// Reads JSON as RFC 8259 has it, and nothing beyond it.
///
/// UTF-8 without a byte order mark, no duplicate keys, no half surrogate pairs, no bytes behind the document.
package enum JSONParser {
    /// Reads a document.
    package static func parse(
        _ bytes: [UInt8], limits: JSONLimits = .standard
    ) throws(JSONSyntaxError) -> JSONValue {
        try outcome(of: bytes, limits).get()
    }

    /// Reads a document that is a part of an array.
    package static func parse(
        _ bytes: ArraySlice<UInt8>, limits: JSONLimits = .standard
    ) throws(JSONSyntaxError) -> JSONValue {
        try bytes.withUnsafeBufferPointer { outcome(of: $0, limits) }.get()
    }

    /// Reads a document in memory that someone else owns; it is only read during the call.
    package static func parse(
        _ bytes: UnsafeRawBufferPointer, limits: JSONLimits = .standard
    ) throws(JSONSyntaxError) -> JSONValue {
        try outcome(of: bytes.assumingMemoryBound(to: UInt8.self), limits).get()
    }

    /// Reads a document.
    package static func parse(
        _ text: String, limits: JSONLimits = .standard
    ) throws(JSONSyntaxError) -> JSONValue {
        try text.withBytes { outcome(of: $0, limits) }.get()
    }

    private static func outcome(of bytes: [UInt8], _ limits: JSONLimits) -> Result<JSONValue, JSONSyntaxError> {
        bytes.withUnsafeBufferPointer { outcome(of: $0, limits) }
    }

    private static func outcome(
        of bytes: UnsafeBufferPointer<UInt8>, _ limits: JSONLimits
    ) -> Result<JSONValue, JSONSyntaxError> {
        Result { () throws(JSONSyntaxError) in
            var scanner = JSONScanner(bytes: bytes, limits: limits)
            return try scanner.document()
        }
    }
}
