import JSON

/// What questions with options share: reading the list, and judging a selection.
enum OptionList {
    /// Reads a list of options with unique ids; nil if anything in it was refused.
    static func read<Option>(
        _ key: String, from reader: inout JSONObjectReader, required: Bool,
        option make: (inout JSONObjectReader, _ id: String, _ label: String) -> Option
    ) -> [Option]? {
        let items = required ? reader.requiredArray(key) : reader.optionalArray(key) ?? []
        guard let items else { return nil }
        guard items.count <= RequestLimits.optionCount, !required || !items.isEmpty else {
            reader.fail(key, "must hold \(required ? 1 : 0) to \(RequestLimits.optionCount) options")
            return nil
        }
        var options: [Option] = []
        var ids: Set<String> = []
        for (index, item) in items.enumerated() {
            let pointer = JSONPointer.root.appending(key).appending(index)
            var option = JSONObjectReader(item, at: pointer)
            let id = option.requiredString("id", maximumLength: RequestLimits.nameLength)
            let label = option.optionalString("label", maximumLength: RequestLimits.textLength) ?? id ?? ""
            let made = make(&option, id ?? "", label)
            if let id, !ids.insert(id).inserted { option.fail("id", "is not unique in the list") }
            if id?.isEmpty == true { option.fail("id", "must not be empty") }
            let violations = option.finish()
            if violations.isEmpty { options.append(made) }
            reader.add(violations)
        }
        return options.count == items.count ? options : nil
    }

    /// Reads an optional list of short texts.
    static func readTexts(_ key: String, from reader: inout JSONObjectReader) -> [String] {
        guard let items = reader.optionalArray(key) else { return [] }
        let texts = items.compactMap(\.stringValue)
        let fits = texts.allSatisfy { $0.count <= RequestLimits.textLength }
        if texts.count != items.count || !fits || items.count > RequestLimits.optionCount {
            reader.fail(key, "must be a list of at most \(RequestLimits.optionCount) texts")
            return []
        }
        return texts
    }

    /// Judges one id or a list of ids; what is wrong is recorded in the reader, never the value itself.
    static func check(
        _ value: JSONValue, key: String, ids: [String], allowsCustom: Bool, maximumSelections: Int,
        in reader: inout JSONObjectReader
    ) {
        let selected: [JSONValue]
        switch value {
        case .string: selected = [value]
        case .array(let items): selected = items
        case .null, .bool, .number, .object:
            reader.fail(key, "must be a text or a list of texts")
            return
        }
        guard !selected.isEmpty, selected.count <= maximumSelections else {
            reader.fail(key, "must select 1 to \(maximumSelections)")
            return
        }
        var seen: Set<String> = []
        for item in selected {
            guard let text = item.stringValue, !text.isEmpty, text.utf8.count <= RequestLimits.valueLength else {
                reader.fail(key, "must be a text of 1 to \(RequestLimits.valueLength) bytes, or a list of such")
                return
            }
            if !seen.insert(text).inserted { reader.fail(key, "selects the same twice") }
            if !allowsCustom, !ids.contains(text) { reader.fail(key, "is not one of the options") }
        }
    }
}
