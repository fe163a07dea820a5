import JSON

/// What becomes of a call that no agent may make: who may release it, and how long it then waits for a veto.
struct DeferralRule: Sendable, Equatable {
    /// Who may release it.
    let approvers: Approvers
    /// Seconds between the release and the call, in which anybody who may answer can stop it.
    let delaySeconds: Int64

    /// By default somebody of the highest accreditation, a day before.
    static let standard = DeferralRule(
        approvers: Approvers(accreditation: .n4), delaySeconds: PolicyLimits.standardDelaySeconds)

    /// Reads `{approvers?, delay?}`; nil for null, which means that nothing is deferred.
    static func read(_ key: String, from list: inout JSONObjectReader) -> DeferralRule? {
        guard let value = list.optionalValue(key) else { return standard }
        if value.isNull { return nil }
        var reader = JSONObjectReader(value, at: list.pointer(to: key))
        let approvers = Approvers.read("approvers", from: &reader)
        let delay = reader.optionalInt64("delay", range: 1...PolicyLimits.longestDelaySeconds)
        list.add(reader.finish())
        return DeferralRule(
            approvers: approvers ?? standard.approvers, delaySeconds: delay ?? standard.delaySeconds)
    }
}
