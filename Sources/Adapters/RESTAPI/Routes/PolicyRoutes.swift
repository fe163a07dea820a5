import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// The policy of a project: which call of an agent needs what.
enum PolicyRoutes {
    static let all = [
        Route(
            .put, Route.projectPrefix + "/policy", [.operate],
            "Puts a policy in force: a new version if it differs from the one before.", body: .required,
            form: .policyDefinition, replies: [.ok(.policy)], put),
        Route(
            .get, Route.projectPrefix + "/policy", [.operate, .sessionsRead], "The policy in force.",
            replies: [.ok(.policy)], get),
        Route(
            .get, Route.projectPrefix + "/policy/versions", [.operate, .sessionsRead],
            "All versions of the policy, the newest first.", query: [.cursor, .listLimit], replies: [.ok(.policyPage)],
            list),
        Route(
            .get, Route.projectPrefix + "/policy/versions/{version}", [.operate, .sessionsRead],
            "One version of the policy.", replies: [.ok(.policy)], getVersion),
        Route(
            .post, Route.projectPrefix + "/policy/evaluate", [.operate, .sessionsRead],
            "Says what would become of a call; nothing is called and nothing is counted.", body: .required,
            form: .policyTrial, replies: [.ok(.policyVerdict)], evaluate),
    ]

    private static func put(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let document = try call.read { reader in Self.document(in: &reader, isRequired: true) }
        let record = try await call.gateway.putPolicy(document, by: call.caller.principal, in: call.scope)
        return .json { write(record, into: &$0) }
    }

    private static func get(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let record = try await call.gateway.policy(version: nil, in: call.scope)
        return .json { write(record, into: &$0) }
    }

    private static func getVersion(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        guard let version = Int64(call.parameter("version")), version > 0 else {
            throw Problem.notFound(.policyNotFound, "there is no such version of the policy")
        }
        let record = try await call.gateway.policy(version: version, in: call.scope)
        return .json { write(record, into: &$0) }
    }

    private static func list(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let limit = try call.listLimit()
        var cursor: Int64?
        if let text = call.query["cursor"] {
            guard let version = Int64(text), version > 0 else {
                throw Problem(Rejection(.cursorInvalid, "this cursor was not given out for this list"))
            }
            cursor = version
        }
        let page = try await call.gateway.policies(in: call.scope, before: cursor, limit: limit)
        return .page(page) { write($0, into: &$1) }
    }

    private static func evaluate(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let (subject, document) = try call.read { reader -> (JSONValue, JSONValue?)? in
            let subject = reader.requiredValue("call")
            let tried = Self.document(in: &reader, isRequired: false)
            return subject.map { ($0, tried) }
        }
        let trial = try await call.gateway.evaluatePolicy(on: subject, under: document, in: call.scope)
        return .json { writer in
            writer.beginObject()
            writer.member("version", trial.version.map { JSONValue.integer($0) })
            for (key, value) in trial.verdict.json.objectValue ?? JSONObject() {
                writer.key(key)
                writer.value(value)
            }
            writer.endObject()
        }
    }

    /// The member `policy`: an object, or a text of YAML.
    private static func document(in reader: inout JSONObjectReader, isRequired: Bool) -> JSONValue? {
        let value = isRequired ? reader.requiredValue("policy") : reader.optionalValue("policy")
        guard let value, isRequired || !value.isNull else { return Optional.none }
        if value.objectValue == nil, value.stringValue == nil {
            reader.fail("policy", "must be an object, or a string of YAML")
        }
        return value
    }

    private static func write(_ policy: PolicyRecord, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("version", policy.version)
        writer.member("policy", .some(policy.document))
        writer.member("created_by", policy.principal.text)
        writer.member("created_at", .some(policy.createdAt))
        writer.endObject()
    }
}
