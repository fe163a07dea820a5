import HoldpointCore
import JSON

/// Policies, calls and the calls before them, as they are given for a dry run.
enum PolicyInputs {
    private static let now = Timestamp(milliseconds: 1_795_000_000_000)

    /// `{policy, call, history?}`: what is refused is refused with places, and a verdict is one whatever the order.
    static func dryRun(_ input: [UInt8]) throws(Finding) {
        guard let value = try? JSONParser.parse(input), let document = value["policy"] else { return }
        guard let policy = try read(document, { value throws(InvalidPolicyInput) in try Policy(reading: value) }),
            let call = try read(
                value["call"] ?? [:],
                { value throws(InvalidPolicyInput) in try PolicyCall(reading: value, now: now) }),
            let history = try read(
                value["history"] ?? [],
                { value throws(InvalidPolicyInput) in try PolicyHistory(reading: value, under: policy, now: now) })
        else { return }
        let verdict = policy.verdict(on: call, facts: history.facts(about: call, under: policy))
        try require(verdict.outcome != .ask || verdict.confirmation != nil, "a human who is asked is told how")
        let needsNoReason = verdict.outcome == .run || verdict.outcome == .notify
        try require(needsNoReason || !verdict.reasons.isEmpty, "a human who is asked is told why")
        for reservation in verdict.reservations {
            try require(reservation.amount >= 0, "a call takes nothing from a counter")
            let bytes = reservation.key.text.utf8.count
            try require(bytes <= PolicyLimits.keyBytes, "a counter's key has at most its bytes")
        }
        try checkOrder(document, call, history: value["history"] ?? [], verdict)
        let blind = policy.verdict(on: call, facts: PolicyFacts())
        if verdict.reservations.isEmpty {
            try require(blind == verdict, "without counters nothing is to be known of earlier calls")
        }
    }

    private static func read<Value>(
        _ value: JSONValue, _ body: (JSONValue) throws(InvalidPolicyInput) -> Value
    ) throws(Finding) -> Value? {
        do {
            return try body(value)
        } catch {
            let count = error.violations.count
            try require((1...JSONObjectReader.maximumViolations).contains(count), "a refusal says what is wrong")
            for violation in error.violations {
                try require(violation.pointer.isPlace(in: value), "a violation names a place: \(violation)")
            }
            return nil
        }
    }

    private static func checkOrder(
        _ document: JSONValue, _ call: PolicyCall, history: JSONValue, _ verdict: PolicyVerdict
    ) throws(Finding) {
        guard var turned = document.objectValue, let rules = turned["rules"]?.arrayValue else { return }
        turned["rules"] = .array(rules.reversed())
        guard let other = try? Policy(reading: .object(turned)),
            let earlier = try? PolicyHistory(reading: history, under: other, now: now)
        else { throw Finding(description: "a policy can be read in any order of its rules") }
        let again = other.verdict(on: call, facts: earlier.facts(about: call, under: other))
        try require(
            again.outcome == verdict.outcome && again.level == verdict.level && again.risk == verdict.risk
                && again.rules.sorted() == verdict.rules.sorted(),
            "the order of the rules changes nothing")
    }
}
