import HoldpointCore
import HoldpointPorts
import JSON

/// The same gateway's policy: version 2 of one that has no rules.
extension RESTScriptedGateway {
    private func record(_ version: Int64, _ document: JSONValue = [:]) -> PolicyRecord {
        PolicyRecord(
            version: version, document: document, principal: .key("ops"), createdAt: Timestamp(milliseconds: 0))
    }

    private static let none = GatewayError.rejected(Rejection(.policyNotFound, "the project has no policy"))

    func putPolicy(
        _ document: JSONValue, by principal: Principal, in scope: Scope
    ) async throws(GatewayError) -> PolicyRecord {
        try note("putPolicy", scope, detail: "\(document.text) by \(principal)")
        return record(3, document)
    }

    func policy(version: Int64?, in scope: Scope) async throws(GatewayError) -> PolicyRecord {
        try note("policy", scope, detail: version.map { String($0) } ?? "-")
        guard scope == home, version ?? 2 <= 2 else { throw Self.none }
        return record(version ?? 2)
    }

    func policies(
        in scope: Scope, before version: Int64?, limit: Int
    ) async throws(GatewayError) -> Page<PolicyRecord> {
        try note("policies", scope, detail: "before \(version.map { String($0) } ?? "-") limit \(limit)")
        return Page(items: scope == home ? [record(2), record(1)] : [], nextCursor: state.nextCursor)
    }

    func evaluatePolicy(
        on call: JSONValue, under document: JSONValue?, in scope: Scope
    ) async throws(GatewayError) -> PolicyTrial {
        try note("evaluatePolicy", scope, detail: "\(call.text) under \(document?.text ?? "-")")
        let verdict = PolicyVerdict(
            outcome: .ask, level: .sensitive, risk: .high, confirmation: .detailed, rules: ["large"],
            reasons: ["it is large"], reservations: [])
        return PolicyTrial(version: document == nil ? 2 : Int64?.none, verdict: verdict)
    }
}
