package import JSON

/// What a policy said of a call when it was judged, as it is recorded: replay reads it and never judges again (I6).
package struct JudgedVerdict: Sendable, Equatable {
    /// The version of the project's policy.
    package let version: Int64
    /// What it said.
    package let verdict: PolicyVerdict

    package init(version: Int64, verdict: PolicyVerdict) {
        self.version = version
        self.verdict = verdict
    }

    /// `{version, outcome, level, risk, confirmation, phrase, rules, reasons, approvers, counters}`, each counter with
    /// its key, its window, what is added to it and whether that is when the call leaves.
    package var json: JSONValue {
        var object: JSONObject = ["version": .integer(version)]
        for (key, value) in verdict.json.objectValue ?? JSONObject() { object[key] = value }
        object["counters"] = .array(verdict.reservations.map(\.json))
        return .object(object)
    }

    /// Reads what `json` wrote; throws for anything else.
    package init(recorded value: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(value, of: Self.record)
        let version = reader.count("version")
        let outcome = PolicyVerdict.Outcome(rawValue: reader.text("outcome"))
        let level = ToolLevel(name: reader.text("level"))
        let risk = Risk(rawValue: reader.text("risk"))
        let confirmation = reader.optionalText("confirmation")
        let phrase = reader.optionalText("phrase")
        let rules = reader.array("rules").compactMap(\.stringValue)
        let reasons = reader.array("reasons").compactMap(\.stringValue)
        let approvers = reader.optionalValue("approvers")
        let counters = reader.array("counters")
        try reader.finish()
        guard let outcome, let level, let risk else { throw MalformedRecord(what: Self.record, violations: []) }
        var reservations: [CounterQuestion] = []
        for counter in counters { reservations.append(try CounterQuestion(recorded: counter)) }
        self.init(
            version: version,
            verdict: PolicyVerdict(
                outcome: outcome, level: level, risk: risk,
                confirmation: confirmation.flatMap { Confirmation(rawValue: $0) }, phrase: phrase, rules: rules,
                reasons: reasons,
                approvers: try approvers.map { (value) throws(MalformedRecord) in try Approvers(recorded: value) },
                reservations: reservations))
    }

    private static let record = "verdict"

    /// The same for a call that a human decides about although the policy would let it run.
    func asking(_ policy: Policy, about tool: String) -> JudgedVerdict {
        JudgedVerdict(version: version, verdict: policy.asking(verdict, about: tool))
    }

    /// Whether it asks for more than an earlier one about the same wish, so that who allowed that has not allowed this.
    package func demandsMore(than earlier: JudgedVerdict) -> Bool {
        let verdict = verdict
        guard verdict.outcome == .ask || verdict.outcome == .block else { return false }
        if let approvers = verdict.approvers {
            guard let others = earlier.verdict.approvers, others.merged(with: approvers) == others else { return true }
        }
        return verdict.outcome == .block || verdict.level > earlier.verdict.level
            || verdict.risk > earlier.verdict.risk || !verdict.rules.allSatisfy { earlier.verdict.rules.contains($0) }
    }

    /// What the call adds to each counter, each once: two windows may ask for the same one.
    var reservations: [CounterQuestion] {
        var kept: [CounterQuestion] = []
        for question in verdict.reservations {
            guard let index = kept.firstIndex(where: { $0.key == question.key }) else {
                kept.append(question)
                continue
            }
            // The longest window decides how long an entry must be kept; 0 is for ever.
            let other = kept[index]
            if other.window != 0, question.window == 0 || question.window > other.window { kept[index] = question }
        }
        return kept
    }
}

extension CounterQuestion {
    fileprivate var json: JSONValue {
        [
            "key": .string(key.text), "window": .integer(window), "amount": .integer(amount),
            "at_dispatch": .bool(countsAtDispatch),
        ]
    }

    fileprivate init(recorded value: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(value, of: "counter")
        let key = reader.text("key")
        let window = reader.count("window")
        let amount = reader.number("amount")
        let countsAtDispatch = reader.flag("at_dispatch")
        try reader.finish()
        guard amount >= 0 else { throw MalformedRecord(what: "counter", violations: []) }
        self.init(
            key: CounterKey(recorded: key), window: window, amount: amount, countsAtDispatch: countsAtDispatch)
    }

    /// What is added to the counter.
    ///
    /// - Parameter id: Who adds it; a value that was seen has one entry, whoever adds it.
    func entry(_ id: CounterEntryID, at time: Timestamp) -> CounterEntry {
        CounterEntry(
            id: countsAtDispatch ? CounterEntryID(session: id.session, number: 0) : id, time: time, amount: amount,
            until: window == 0 ? nil : time.adding(milliseconds: window))
    }
}
