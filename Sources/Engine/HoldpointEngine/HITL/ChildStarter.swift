import HoldpointCore
import HoldpointPorts
import JSON

/// Looks up the workflows that others start, by the names of their documents.
///
/// A workflow's agent goes by the document's own name; of its versions, the newest whose document has the version that
/// is asked for is taken.
struct ChildStarter: Sendable {
    let services: SessionServices

    /// What is to be done about the start of a child.
    enum Resolution {
        /// The session can start like this.
        case start(StartSession)
        /// It cannot, for this reason, which its parent must learn.
        case refused(WorkflowError)
    }

    func resolve(_ start: StartChild, in scope: Scope) async throws(SessionFailure) -> Resolution {
        let child = start.child
        guard let record = try await record(for: child, in: scope) else {
            let detail = "there is no workflow \(child.namespace)/\(child.name) of version \(child.version)"
            return .refused(WorkflowError(starting: child, .configuration, detail))
        }
        let definition = record.definition
        if let schema = definition.inputSchema.flatMap({ try? JSONSchema(compiling: $0) }) {
            let found = schema.validate(child.input)
            if !found.isEmpty {
                let places = found.prefix(8).map { "\($0.pointer) \($0.detail)" }.joined(separator: "; ")
                return .refused(
                    WorkflowError(starting: child, .validation, "the input does not fit the agent: \(places)"))
            }
        }
        return .start(start.start(agent: definition.name, version: record.version, program: definition.program))
    }

    private func record(for child: ChildEffect, in scope: Scope) async throws(SessionFailure) -> AgentRecord? {
        guard let name = try? AgentName(child.name) else { return nil }
        var before: Int64?
        do {
            while true {
                let page = try await services.ports.directory.versions(
                    of: name, in: scope, before: before, limit: services.configuration.versionPage)
                if let found = page.first(where: { Self.isMeant($0, by: child) }) { return found }
                // A page may be short because its documents are large: only an empty one is the end.
                guard let last = page.last else { return nil }
                before = last.version
            }
        } catch {
            throw SessionFailure(error)
        }
    }

    private static func isMeant(_ record: AgentRecord, by child: ChildEffect) -> Bool {
        guard record.definition.program == .workflow, let heading = record.definition.definition?["document"] else {
            return false
        }
        return heading["namespace"]?.stringValue == child.namespace && heading["name"]?.stringValue == child.name
            && (child.version == "latest" || heading["version"]?.stringValue == child.version)
    }
}
