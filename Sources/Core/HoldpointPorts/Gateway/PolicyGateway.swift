package import HoldpointCore
package import JSON

/// What the edges may ask about a project's policy.
package protocol PolicyGateway: Sendable {
    /// Puts a policy in force.
    ///
    /// - Parameter document: As JSON, or a text of YAML.
    /// - Throws: A rejection with the places of what does not fit; then the one in force stays.
    func putPolicy(
        _ document: JSONValue, by principal: Principal, in scope: Scope
    ) async throws(GatewayError) -> PolicyRecord

    /// The policy in force, or that version of it.
    func policy(version: Int64?, in scope: Scope) async throws(GatewayError) -> PolicyRecord

    /// A page of versions, the newest first.
    func policies(
        in scope: Scope, before version: Int64?, limit: Int
    ) async throws(GatewayError) -> Page<PolicyRecord>

    /// What would become of a call now, with what the counters have; nothing is called and nothing changes.
    ///
    /// - Parameters:
    ///   - call: As `PolicyCall` reads it.
    ///   - document: The policy to try; nil for the one in force.
    func evaluatePolicy(
        on call: JSONValue, under document: JSONValue?, in scope: Scope
    ) async throws(GatewayError) -> PolicyTrial
}

/// What a policy says of a call that is only tried.
package struct PolicyTrial: Sendable, Equatable {
    /// The version that said so; nil for a document that is not in force.
    package let version: Int64?
    /// What it said.
    package let verdict: PolicyVerdict

    package init(version: Int64?, verdict: PolicyVerdict) {
        self.version = version
        self.verdict = verdict
    }
}
