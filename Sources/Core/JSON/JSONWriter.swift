/// Writes JSON by hand, without a tree in between; sets the commas itself.
///
/// It trusts its caller to open and close in pairs and to give each member a key and a value.
package struct JSONWriter {
    /// What has been written.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// Makes an empty writer with room for this many bytes.
    package init(reserving capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Starts an object.
    package mutating func beginObject() { begin(UInt8(ascii: "{")) }

    /// Ends the object that was started last.
    package mutating func endObject() { end(UInt8(ascii: "}")) }

    /// Starts an array.
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }

    /// Ends the array that was started last.
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    /// Writes the key of the member whose value comes next.
    package mutating func key(_ key: String) {
        separate()
        JSONText.append(key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a key that needs no escapes; it is copied as it stands.
    package mutating func key(plain key: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        JSONText.append(key, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string.
    package mutating func string(_ value: String) {
        separate()
        JSONText.append(value, to: &bytes)
    }

    /// Writes a whole number.
    package mutating func integer(_ value: Int64) {
        separate()
        JSONText.append(value, to: &bytes)
    }

    /// Writes a boolean.
    package mutating func bool(_ value: Bool) {
        separate()
        JSONText.append(value ? "true" : "false" as StaticString, to: &bytes)
    }

    /// Writes `null`.
    package mutating func null() {
        separate()
        JSONText.append("null" as StaticString, to: &bytes)
    }

    /// Writes a value.
    package mutating func value(_ value: JSONValue) {
        separate()
        value.write(into: &bytes)
    }

    /// Writes bytes that are one JSON value already.
    package mutating func raw(_ value: [UInt8]) {
        separate()
        bytes.append(contentsOf: value)
    }

    /// Writes members that are JSON text already: keys and values with commas between them.
    package mutating func members(_ text: ArraySlice<UInt8>) {
        separate()
        bytes.append(contentsOf: text)
    }

    private mutating func begin(_ byte: UInt8) {
        separate()
        bytes.append(byte)
        needsComma = false
    }

    private mutating func end(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }
}
