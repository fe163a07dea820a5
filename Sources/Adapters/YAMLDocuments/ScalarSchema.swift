import JSON
import YAMLClient

/// What a scalar is by YAML's core schema (YAML 1.2.2, section 10.3.2).
///
/// `yes`, `no`, `on` and `off`, dates and sexagesimal numbers are strings; `010` is ten.
enum ScalarSchema {
    private static let prefix = "tag:yaml.org,2002:"
    private static let nulls: Set<String> = ["", "~", "null", "Null", "NULL"]
    private static let truths: Set<String> = ["true", "True", "TRUE"]
    private static let falsehoods: Set<String> = ["false", "False", "FALSE"]
    private static let infinities: Set<String> = [".inf", ".Inf", ".INF"]
    private static let notNumbers: Set<String> = [".nan", ".NaN", ".NAN"]

    /// The value of a scalar.
    static func value(of scalar: YAMLScalar, at place: YAMLPlace) throws(YAMLError) -> JSONValue {
        guard let tag = scalar.properties.tag else {
            return scalar.isPlain ? try plainValue(scalar.text, at: place) : .string(scalar.text)
        }
        guard tag.hasPrefix(prefix) else { throw tagRefused(at: place) }
        let kind = tag.dropFirst(prefix.count)
        if kind == "str" { return .string(scalar.text) }
        let value = try plainValue(scalar.text, at: place)
        switch (kind, value) {
        case ("null", .null), ("bool", .bool), ("float", .number): return value
        case ("int", .number(let number)) where number.text.utf8.allSatisfy({ $0 == 0x2D || isDigit($0) }): return value
        case ("null", _), ("bool", _), ("float", _), ("int", _):
            throw YAMLError("this is not what its tag says", at: place)
        default: throw tagRefused(at: place)
        }
    }

    static func tagRefused(at place: YAMLPlace) -> YAMLError {
        YAMLError("only the tags !!null, !!bool, !!int, !!float, !!str, !!seq and !!map are known here", at: place)
    }

    /// The value of a scalar without quotes.
    private static func plainValue(_ text: String, at place: YAMLPlace) throws(YAMLError) -> JSONValue {
        if nulls.contains(text) { return .null }
        if truths.contains(text) { return .bool(true) }
        if falsehoods.contains(text) { return .bool(false) }
        let unsigned = text.first == "-" || text.first == "+" ? String(text.dropFirst()) : text
        if infinities.contains(unsigned) || notNumbers.contains(text) {
            throw YAMLError("JSON has no infinity and nothing that is not a number", at: place)
        }
        guard let digits = wholeNumberText(text) ?? decimalNumberText(text) else { return .string(text) }
        guard digits.utf8.count <= JSONLimits.standard.maximumNumberBytes, let number = JSONNumber(text: digits) else {
            throw YAMLError("the number is too long, or its exponent is", at: place)
        }
        return .number(number)
    }

    /// An octal or hexadecimal number as a decimal one; empty where it is beyond 64 bits, nil for other text.
    private static func wholeNumberText(_ text: String) -> String? {
        let radix = text.hasPrefix("0o") ? 8 : 16
        guard radix == 8 || text.hasPrefix("0x") else { return nil }
        let digits = text.dropFirst(2)
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isHexDigit && $0.hexDigitValue ?? radix < radix })
        else { return nil }
        return UInt64(digits, radix: radix).map { String($0) } ?? ""
    }

    /// A decimal number as JSON writes it, digit by digit; nil for other text.
    private static func decimalNumberText(_ text: String) -> String? {
        var rest = Substring(text).utf8
        let sign = rest.first == UInt8(ascii: "-") ? "-" : ""
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        let whole = digits(&rest)
        var fraction: Substring = ""
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = digits(&rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        var exponent = ""
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            rest.removeFirst()
            var exponentSign = ""
            if let byte = rest.first, byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") {
                exponentSign = byte == UInt8(ascii: "-") ? "-" : "+"
                rest.removeFirst()
            }
            let power = digits(&rest)
            guard !power.isEmpty else { return nil }
            exponent = "e\(exponentSign)\(power)"
        }
        guard rest.isEmpty else { return nil }
        let significant = whole.drop { $0 == "0" }
        return "\(sign)\(significant.isEmpty ? "0" : significant)\(fraction.isEmpty ? "" : ".\(fraction)")\(exponent)"
    }

    private static func digits(_ text: inout Substring.UTF8View) -> Substring {
        let found = text.prefix { isDigit($0) }
        text = text[found.endIndex...]
        return Substring(found)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
