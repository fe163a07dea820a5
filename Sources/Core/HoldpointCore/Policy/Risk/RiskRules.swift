import JSON

/// How the risk of a call is found where the policy does not say it of the tool, and what it asks of a human.
struct RiskRules: Sendable {
    private let keywords: RiskKeywords
    /// Places of arguments whose words count like those of the tool's name, such as a command line.
    private let places: [JSONPointer]
    private let fallback: Risk
    /// Servers that are believed what their tools say of themselves.
    private let trustedServers: [Glob]
    private let confirmations: [Risk: Confirmation]
    /// What a `double` confirmation takes.
    let double: DoubleConfirmation

    static let standardConfirmations: [Risk: Confirmation] = [
        .low: .none, .medium: .simple, .high: .detailed, .critical: .double,
    ]

    /// What a human is asked to do for a risk.
    func confirmation(of risk: Risk) -> Confirmation { confirmations[risk] ?? .double }

    /// The risk of a call by its words and by what its tool says of itself.
    ///
    /// A tool of a server that is not trusted can make itself riskier, and never safer.
    func risk(of call: PolicyCall) -> Risk {
        let isTrusted = trustedServers.match(call.server)
        if isTrusted, let annotations = call.annotations, annotations.isReadOnly, !annotations.isDestructive {
            return .low
        }
        var texts = [call.tool]
        if let function = call.function { texts.append(function) }
        for place in places {
            if let text = place.resolve(in: call.arguments)?.stringValue { texts.append(text) }
        }
        let risk = keywords.risk(of: texts) ?? fallback
        return call.annotations?.isDestructive == true ? max(risk, .high) : risk
    }
}

extension RiskRules {
    /// Reads `{default?, keywords?, arguments?, trusted_servers?, confirmations?, double?}`; without it the built-in
    /// rules.
    static func read(_ key: String, from list: inout JSONObjectReader) -> RiskRules {
        var reader = JSONObjectReader(list.optionalValue(key) ?? [:], at: list.pointer(to: key))
        let fallback = Risk.read("default", from: &reader)
        let keywords = readKeywords(&reader)
        let places = readPlaces(&reader)
        let trusted = Glob.readList("trusted_servers", from: &reader)
        let confirmations = readConfirmations(&reader)
        let double = reader.optionalString("double").map { text in
            let double = DoubleConfirmation(rawValue: text)
            if double == nil { reader.fail("double", "must be phrase or second_person") }
            return double ?? .phrase
        }
        list.add(reader.finish())
        return RiskRules(
            keywords: RiskKeywords(replacing: keywords), places: places, fallback: fallback ?? .medium,
            trustedServers: trusted ?? [], confirmations: confirmations, double: double ?? .phrase)
    }

    private static func readKeywords(_ list: inout JSONObjectReader) -> [Risk: [String]] {
        guard let value = list.optionalValue("keywords") else { return [:] }
        var reader = JSONObjectReader(value, at: list.pointer(to: "keywords"))
        var lists: [Risk: [String]] = [:]
        for risk in Risk.allCases {
            guard let items = reader.optionalArray(risk.rawValue, maximumCount: PolicyLimits.keywords) else { continue }
            let words = items.compactMap(\.stringValue).filter { RiskKeywords.isKeyword($0) }
            if words.count != items.count {
                reader.fail(risk.rawValue, "must be a list of single words, each possibly with an asterisk at its end")
            }
            lists[risk] = words
        }
        list.add(reader.finish())
        return lists
    }

    private static func readPlaces(_ reader: inout JSONObjectReader) -> [JSONPointer] {
        guard let items = reader.optionalArray("arguments", maximumCount: PolicyLimits.items) else { return [] }
        let places = items.compactMap { $0.stringValue.flatMap { JSONPointer(parsing: $0) } }
        if places.count != items.count {
            reader.fail("arguments", "must be a list of JSON Pointers into the arguments")
        }
        return places
    }

    private static func readConfirmations(_ list: inout JSONObjectReader) -> [Risk: Confirmation] {
        guard let value = list.optionalValue("confirmations") else { return standardConfirmations }
        var reader = JSONObjectReader(value, at: list.pointer(to: "confirmations"))
        var confirmations = standardConfirmations
        for risk in Risk.allCases {
            guard let text = reader.optionalString(risk.rawValue) else { continue }
            if let confirmation = Confirmation(rawValue: text) {
                confirmations[risk] = confirmation
            } else {
                reader.fail(risk.rawValue, "must be none, simple, detailed or double")
            }
        }
        list.add(reader.finish())
        return confirmations
    }
}
