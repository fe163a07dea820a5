package import JSON

/// A project's rules: which tool call of an agent needs what.
///
/// The level of a call is that of the first entry under `tools` which is about it, or the default. Rules marked
/// `lowers` may lower it; all others raise it, and they win. So the order of the rules does not change the outcome.
package struct Policy: Sendable {
    let tools: [ToolEntry]
    let fallbackLevel: ToolLevel
    let fallbackRisk: Risk?
    /// What an agent's stated confidence must reach for a call of level L1 to run.
    let confidence: JSONNumber
    let rules: [PolicyRule]
    let risks: RiskRules
    /// Milliseconds after which a permission that the policy asks for expires; nil for never.
    let approvalMilliseconds: Int64?
    /// What happens while nobody answers a permission that it asks for.
    let followUp: RequestFollowUp
    /// What becomes of a call that no agent may make; nil for nothing.
    let deferral: DeferralRule?
    let index: PolicyIndex

    /// Seconds after which a permission expires unless the policy says otherwise: half an hour.
    package static let standardExpirySeconds: Int64 = 1_800

    /// The confidence that is asked for unless the policy names one.
    static let standardConfidence = JSONNumber(text: "0.8") ?? JSONNumber(Int64(1))

    /// How many entries there are under `tools`.
    package var toolCount: Int { tools.count }
    /// How many rules there are.
    package var ruleCount: Int { rules.count }

    /// What must be known of earlier calls before this one can be judged.
    ///
    /// Left out is what cannot be asked, such as a counter by an argument that is missing: the verdict then is that a
    /// human must decide.
    package func questions(about call: PolicyCall) -> [CounterQuestion] {
        var evaluation = PolicyEvaluation(call, index: index, facts: PolicyFacts())
        return questions(&evaluation)
    }

    func questions(_ evaluation: inout PolicyEvaluation) -> [CounterQuestion] {
        var numbers: [Int] = []
        for rule in rules where !rule.counters.isEmpty && rule.isAbout(&evaluation) {
            for number in rule.counters where !numbers.contains(number) { numbers.append(number) }
        }
        // Two bounds of one counter ask the same.
        var questions: [CounterQuestion] = []
        for number in numbers {
            if let question = evaluation.question(of: number), !questions.contains(question) {
                questions.append(question)
            }
        }
        return questions
    }
}

extension Policy {
    /// Reads a policy.
    ///
    /// - Parameter value: `{description?, default?: {level?, risk?}, confidence?, expires_in?, reminders?, escalation?,
    ///     deferred?, tools?, rules?, risk?}`.
    /// - Throws: `InvalidPolicyInput` with everything that does not fit; a policy is read whole or not at all.
    package init(reading value: JSONValue) throws(InvalidPolicyInput) {
        var reader = JSONObjectReader(value)
        _ = reader.optionalString("description", maximumLength: PolicyLimits.reasonLength)
        let fallback = Self.readDefault(&reader)
        let confidence = Self.readConfidence(&reader)
        let expiry = Self.readExpiry(&reader)
        let followUp = RequestFollowUp.read(from: &reader, expiry: expiry)
        let deferral = DeferralRule.read("deferred", from: &reader)
        let tools = Self.readList("tools", PolicyLimits.tools, &reader) { ToolEntry.read($0, at: $1, from: &$2) }
        var index = PolicyIndex()
        let rules = Self.readList("rules", PolicyLimits.rules, &reader) {
            PolicyRule.read($0, at: $1, from: &$2, index: &index)
        }
        Self.checkNames(rules, index, &reader)
        if index.counters.count > PolicyLimits.counters {
            reader.fail("rules", "have more than \(PolicyLimits.counters) counters together")
        }
        if rules.reduce(0, { $0 + ($1.condition?.patternCount ?? 0) }) > PolicyLimits.patterns {
            reader.fail("rules", "have more than \(PolicyLimits.patterns) patterns together")
        }
        let risks = RiskRules.read("risk", from: &reader)
        let violations = reader.finish()
        guard violations.isEmpty else { throw InvalidPolicyInput(violations: violations) }
        self.init(
            tools: tools, fallbackLevel: fallback.level ?? .sensitive, fallbackRisk: fallback.risk,
            confidence: confidence ?? Self.standardConfidence, rules: rules, risks: risks,
            approvalMilliseconds: expiry.map { $0 * 1_000 }, followUp: followUp, deferral: deferral, index: index)
    }

    private static func readDefault(_ list: inout JSONObjectReader) -> (level: ToolLevel?, risk: Risk?) {
        guard let value = list.optionalValue("default") else { return (nil, nil) }
        var reader = JSONObjectReader(value, at: list.pointer(to: "default"))
        let found = (ToolLevel.read("level", from: &reader), Risk.read("risk", from: &reader))
        list.add(reader.finish())
        return found
    }

    /// Seconds; nil for null, which means never.
    private static func readExpiry(_ reader: inout JSONObjectReader) -> Int64? {
        guard let value = reader.optionalValue("expires_in") else { return standardExpirySeconds }
        if value.isNull { return nil }
        guard let seconds = value.int64Value, (1...RequestLimits.expirySeconds).contains(seconds) else {
            reader.fail("expires_in", "must be null or an integer from 1 to \(RequestLimits.expirySeconds)")
            return nil
        }
        return seconds
    }

    private static func readConfidence(_ reader: inout JSONObjectReader) -> JSONNumber? {
        guard let value = reader.optionalValue("confidence") else { return nil }
        let number = PolicyNumber.share(value)
        if number == nil { reader.fail("confidence", "must be a number from 0 to 1") }
        return number
    }

    private static func readList<Element>(
        _ key: String, _ limit: Int, _ reader: inout JSONObjectReader,
        _ read: (JSONValue, JSONPointer, inout JSONObjectReader) -> Element?
    ) -> [Element] {
        let items = reader.optionalArray(key, maximumCount: limit) ?? []
        var elements: [Element] = []
        for (index, item) in items.enumerated() {
            if let element = read(item, reader.pointer(to: key).appending(index), &reader) { elements.append(element) }
        }
        return elements
    }

    /// Names are unique, and counters of one name count the same.
    private static func checkNames(_ rules: [PolicyRule], _ index: PolicyIndex, _ reader: inout JSONObjectReader) {
        var names: Set<String> = []
        var counters: [String: CounterRule] = [:]
        for rule in rules {
            if !names.insert(rule.name).inserted {
                reader.fail("rules", "two rules are named \(rule.name)")
            }
            for counter in rule.counters.map({ index.counters[$0] }) {
                let other = counters.updateValue(counter, forKey: counter.name)
                if let other, other.subject != counter.subject || other.partitions != counter.partitions {
                    reader.fail(
                        "rules", "the rule \(rule.name) has a counter named \(counter.name) that counts something else")
                }
            }
        }
    }
}
