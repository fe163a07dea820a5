import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// Agents: what sessions are runs of.
enum AgentRoutes {
    static let all = [
        Route(
            .put, Route.projectPrefix + "/agents/{name}", [.agents],
            "Defines an agent: a new version each time the definition changes.", body: .required,
            form: .agentDefinition, replies: [.ok(.agent)], put),
        Route(
            .get, Route.projectPrefix + "/agents/{name}", [.agents, .sessionsRead],
            "The latest version of an agent.", replies: [.ok(.agent)], get),
        Route(
            .get, Route.projectPrefix + "/agents", [.agents, .sessionsRead], "The project's agents by name.",
            query: [.cursor, .listLimit], replies: [.ok(.agentPage)], list),
    ]

    private static func put(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let name = try agentName(of: call)
        let definition = try call.read { reader -> AgentDefinition? in
            let kind = reader.requiredString("kind")
            let program = kind.flatMap { Program(rawValue: $0) }
            if kind != nil, program == nil {
                reader.fail("kind", "must be \(Program.allCases.map(\.rawValue).joined(separator: " or "))")
            }
            let document = present(reader.optionalValue("definition"))
            if let document, document.objectValue == nil, document.stringValue == nil {
                reader.fail("definition", "must be an object, or a string of YAML")
            }
            let schema = present(reader.optionalValue("input_schema"))
            let labels = reader.labels("labels")
            return program.map {
                AgentDefinition(name: name, program: $0, definition: document, inputSchema: schema, labels: labels)
            }
        }
        let record = try await call.gateway.putAgent(definition, in: call.scope)
        return .json { write(record, into: &$0) }
    }

    /// The value of a member, where `null` says the same as leaving it out.
    private static func present(_ value: JSONValue?) -> JSONValue? {
        guard let value, !value.isNull else { return Optional.none }
        return value
    }

    private static func get(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let name = try agentName(of: call)
        let record = try await call.gateway.agent(name, in: call.scope)
        return .json { write(record, into: &$0) }
    }

    private static func list(_ call: Call, on loop: isolated (any Actor)?) async throws -> HTTPReply {
        let limit = try call.listLimit()
        var cursor: AgentName?
        if let text = call.query["cursor"] {
            do {
                cursor = try AgentName(text)
            } catch {
                throw Problem(Rejection(.cursorInvalid, "this cursor was not given out for this list"))
            }
        }
        let page = try await call.gateway.agents(in: call.scope, after: cursor, limit: limit)
        return .page(page) { write($0, into: &$1) }
    }

    private static func agentName(of call: Call) throws(Problem) -> AgentName {
        do {
            return try AgentName(call.parameter("name"))
        } catch {
            throw Problem.notFound(.agentNotFound, "there is no such agent")
        }
    }

    private static func write(_ agent: AgentRecord, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", agent.definition.name.text)
        writer.member("kind", agent.definition.program.rawValue)
        writer.member("version", agent.version)
        writer.member("definition", agent.definition.definition)
        writer.member("input_schema", agent.definition.inputSchema)
        writer.member("labels", agent.definition.labels)
        writer.member("created_at", .some(agent.createdAt))
        writer.endObject()
    }
}
