package import JSON

/// Hides secrets in what comes back from a call (I9).
///
/// A secret is found as it is, percent-encoded (RFC 3986, and as forms write it), escaped as in a JSON string, and in
/// base 64, also within a longer text that was encoded. It is not found in what was compressed, encrypted or hashed.
package struct SecretMask: Sendable {
    /// What stands in the place of a secret.
    package static let replacement = "***"
    /// The shortest text that is hidden: a shorter one would be found everywhere, and is not worth its name.
    package static let minimumBytes = 4

    /// What is looked for, by its first byte, the longest first.
    private let forms: [UInt8: [[UInt8]]]

    /// Hides each text and number in these values, and within them; not their keys.
    package init(_ values: [JSONValue]) {
        var all: Set<[UInt8]> = []
        for value in values { Self.collect(value, &all) }
        forms = Dictionary(grouping: all) { $0[0] }.mapValues { forms in
            forms.sorted { $0.count > $1.count }
        }
    }

    /// The value with each text, each number and each key masked.
    package func masked(_ value: JSONValue) -> JSONValue {
        if forms.isEmpty { return value }
        switch value {
        case .null, .bool: return value
        case .number(let number):
            let text = masked(number.text)
            return text == number.text ? value : .string(text)
        case .string(let text): return .string(masked(text))
        case .array(let items): return .array(items.map(masked))
        case .object(let members):
            return .object(JSONObject(members.map { (masked($0.key), masked($0.value)) }))
        }
    }

    /// The text without the secrets.
    package func masked(_ text: String) -> String {
        forms.isEmpty ? text : String(decoding: masked(Array(text.utf8)), as: UTF8.self)
    }

    /// The bytes without the secrets; those that overlap are hidden as one.
    package func masked(_ bytes: [UInt8]) -> [UInt8] {
        if forms.isEmpty { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var hiddenUntil = 0
        for place in bytes.indices {
            if let length = match(in: bytes, at: place) {
                if place >= hiddenUntil { result += Self.replacement.utf8 }
                hiddenUntil = max(hiddenUntil, place + length)
            } else if place >= hiddenUntil {
                result.append(bytes[place])
            }
        }
        return result
    }

    /// The length of the longest form that begins there.
    private func match(in bytes: [UInt8], at place: Int) -> Int? {
        forms[bytes[place]]?.first { form in
            place + form.count <= bytes.count && bytes[place..<(place + form.count)].elementsEqual(form)
        }?.count
    }
}

extension SecretMask {
    private static func collect(_ value: JSONValue, _ forms: inout Set<[UInt8]>) {
        switch value {
        case .null, .bool: break
        case .number, .string: add(value.scalarText ?? "", to: &forms)
        case .array(let items): for item in items { collect(item, &forms) }
        case .object(let members): for (_, value) in members { collect(value, &forms) }
        }
    }

    private static func add(_ text: String, to forms: inout Set<[UInt8]>) {
        let plain = Array(text.utf8)
        guard plain.count >= minimumBytes else { return }
        forms.insert(plain)
        for form in percentForms(of: text) + escapedForms(of: text) { forms.insert(Array(form.utf8)) }
        for form in base64Forms(of: plain) {
            forms.insert(form)
            // The alphabet for URLs and file names (RFC 4648 section 5).
            forms.insert(
                form.map {
                    $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0
                })
        }
    }

    /// With digits in either case, and with blanks as in a query or as in a form.
    private static func percentForms(of text: String) -> [String] {
        let upper = PercentEncoding.encoded(text)
        var digitsToCome = 0
        let lower = String(
            decoding: upper.utf8.map { byte -> UInt8 in
                if byte == UInt8(ascii: "%") { digitsToCome = 3 }
                digitsToCome -= 1
                return digitsToCome >= 0 && (0x41...0x46).contains(byte) ? byte + 0x20 : byte
            }, as: UTF8.self)
        return [upper, lower].flatMap {
            [$0, $0.split(separator: "%20", omittingEmptySubsequences: false).joined(separator: "+")]
        }
    }

    /// As in a JSON string: with no more escapes than must be, with slashes escaped, and in ASCII alone.
    private static func escapedForms(of text: String) -> [String] {
        let least = JSONValue.string(text).text.dropFirst().dropLast()
        let slashes = least.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "\\/")
        let ascii = [false, true].map { isUpper in
            least.utf16.map { unit in
                guard unit >= 0x80 else { return String(UnicodeScalar(UInt8(unit))) }
                let digits = String(unit, radix: 16, uppercase: isUpper)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined()
        }
        return [String(least), slashes] + ascii
    }

    /// In base 64: alone, and the digits that do not depend on what stands before or behind, for each place in a group.
    private static func base64Forms(of bytes: [UInt8]) -> [[UInt8]] {
        let alone = Array(Base64.encode(bytes).utf8.filter { $0 != UInt8(ascii: "=") })
        let within = (0..<3).map { offset -> [UInt8] in
            let digits = Array(Base64.encode([UInt8](repeating: 0, count: offset) + bytes).utf8)
            return Array(digits[((offset * 8 + 5) / 6)..<((offset + bytes.count) * 8 / 6)])
        }
        return [alone] + within
    }
}

extension SecretMask: CustomStringConvertible, CustomDebugStringConvertible {
    /// Nothing of what it hides.
    package var description: String { "a mask" }

    /// The same.
    package var debugDescription: String { description }
}
