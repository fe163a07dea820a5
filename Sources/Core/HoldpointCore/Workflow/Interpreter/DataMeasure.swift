import JSON

/// About how large and how deep a value is as text; measuring ends soon after a limit, however large the value is.
///
/// Values share their parts, so a small document can make one that would be huge when it is written: a value is counted
/// as it would be written. Escapes are not counted.
struct DataMeasure {
    private(set) var bytes = 0
    private(set) var isTooDeep = false
    private let limit: Int
    private let deepest: Int

    init(_ value: JSONValue, upTo limit: Int, deepest: Int = WorkflowLimits.dataDepth) {
        self.limit = limit
        self.deepest = deepest
        add(value, depth: 0)
    }

    /// Whether the value may be kept.
    var fits: Bool { bytes <= limit && !isTooDeep }

    private mutating func add(_ value: JSONValue, depth: Int) {
        if depth > deepest { isTooDeep = true }
        guard fits else { return }
        switch value {
        case .null, .bool: bytes += 5
        case .number(let number): bytes += number.int64 == nil ? number.text.utf8.count : 12
        case .string(let text): bytes += text.utf8.count + 2
        case .array(let items):
            bytes += 2
            for item in items where fits {
                bytes += 1
                add(item, depth: depth + 1)
            }
        case .object(let object):
            bytes += 2
            for (key, value) in object where fits {
                bytes += key.utf8.count + 4
                add(value, depth: depth + 1)
            }
        }
    }
}
