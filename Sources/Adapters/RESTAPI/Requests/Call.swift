import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// A request that was let in: who calls, in which scope, with what.
package struct Call: Sendable {
    let edge: Edge
    let request: HTTPRequest
    let route: Route
    let parameters: [String]
    let caller: Caller
    let scope: Scope
    let query: [String: String]
    let preferences: Preferences
    let idempotencyKey: String?
    let body: JSONValue
    let client: RESTClient

    var gateway: any SessionGateway { edge.gateway }
    var configuration: RESTConfiguration { edge.configuration }

    /// The path of the project that the call is about.
    var base: String { "/v1/projects/\(scope.project)" }

    /// How a command of this call is to be carried out.
    ///
    /// A key against repetition counts for one path: the same key on another session is another key.
    var options: CommandOptions {
        CommandOptions(
            principal: caller.principal,
            idempotencyKey: idempotencyKey.map { "\(request.method.rawValue) \(request.path) \($0)" },
            body: request.body, respondAsync: preferences.respondsAsync)
    }

    /// A parameter of the path by its name in the route's template; empty if the template has none by that name.
    func parameter(_ name: String) -> String {
        zip(route.parameterNames, parameters).first { $0.0 == name }?.1 ?? ""
    }

    /// The session in the path; one that no session can have is not found.
    func sessionID() throws(Problem) -> SessionID {
        do {
            return try SessionID(parameter("id"))
        } catch {
            throw Problem.notFound(.sessionNotFound, "there is no such session")
        }
    }

    /// The request in the path; an id that no request can have is not found.
    func requestID() throws(Problem) -> RequestID {
        guard let id = RequestID(parameter("id")) else {
            throw Problem.notFound(.requestNotFound, "there is no such request")
        }
        return id
    }

    /// Refuses a key that lacks a scope which the route needs for what the body says.
    func requireScope(_ scope: KeyScope) throws(Problem) {
        if !caller.scopes.contains(scope) { throw Problem.scopeMissing([scope]) }
    }

    /// Reads the body with a strict reader; throws all that does not fit.
    func read<Value>(_ build: (inout JSONObjectReader) -> Value?) throws(Problem) -> Value {
        var reader = JSONObjectReader(body)
        let value = build(&reader)
        let violations = reader.finish()
        guard violations.isEmpty, let value else { throw Problem.invalid(violations) }
        return value
    }
}
