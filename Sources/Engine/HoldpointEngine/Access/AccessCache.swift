import HoldpointCore
import HoldpointPorts
import JSON

/// Keys, projects and agents as the store has them, remembered for a moment.
///
/// Only what was found is remembered, so a new key, project or agent is honoured at once.
actor AccessCache {
    private struct Entry<Value: Sendable>: Sendable {
        let value: Value
        let until: Timestamp
    }

    private struct AgentPlace: Hashable {
        let scope: Scope
        let name: AgentName
    }

    /// What starting a session takes of an agent: its latest version, with the input schema compiled.
    struct ReadyAgent: Sendable {
        let version: Int64
        let program: Program
        let inputSchema: JSONSchema?
    }

    private struct VersionPlace: Hashable {
        let agent: AgentPlace
        let version: Int64
    }

    /// Bytes of the documents whose compiled workflows are kept; when there are more, each is compiled anew when it is
    /// needed again.
    static let workflowBytes = 16 << 20

    private let ports: EnginePorts
    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }
    private let milliseconds: Int64
    private let capacity: Int
    private var keys: [String: Entry<KeyRecord>] = [:]
    private var agents: [AgentPlace: Entry<ReadyAgent>] = [:]
    private var projects: [Scope: Entry<Void>] = [:]
    private var workflows: [VersionPlace: WorkflowDefinition] = [:]
    private var bytesOfWorkflows = 0
    /// Counts changes of agents and keys.
    private var changes = 0

    init(ports: EnginePorts, configuration: EngineConfiguration) {
        self.ports = ports
        executor = ports.executors.executor()
        milliseconds = configuration.cacheMilliseconds
        capacity = configuration.cacheEntries
    }

    /// The holder of a bearer token `hp_<id>_<secret>`; nil if it is none.
    func authenticate(_ bearer: String) async throws(JournalError) -> Caller? {
        let text = bearer.utf8
        guard text.starts(with: "hp_".utf8) else { return nil }
        let rest = text.dropFirst(3)
        guard let mark = rest.firstIndex(of: UInt8(ascii: "_")), mark > rest.startIndex else { return nil }
        let secret = Array(rest[rest.index(after: mark)...])
        guard secret.count >= 16 else { return nil }
        let id = String(Substring(rest[..<mark]))
        guard let record = try await key(id) else { return nil }
        guard record.admits(ports.hasher.sha256(secret), at: ports.clock.now()) else { return nil }
        return Caller(
            principal: .key(record.id), tenant: record.tenant, project: record.project, scopes: record.scopes)
    }

    func hasProject(_ scope: Scope) async throws(JournalError) -> Bool {
        let now = ports.clock.now()
        if let entry = projects[scope], now < entry.until { return true }
        guard try await ports.directory.hasProject(scope) else { return false }
        if projects.count >= capacity { projects = [:] }
        projects[scope] = Entry(value: (), until: now.adding(milliseconds: milliseconds))
        return true
    }

    func agent(_ name: AgentName, in scope: Scope) async throws(JournalError) -> ReadyAgent? {
        let place = AgentPlace(scope: scope, name: name)
        let now = ports.clock.now()
        if let entry = agents[place], now < entry.until { return entry.value }
        let changesBefore = changes
        guard let record = try await ports.directory.agent(name, in: scope) else { return nil }
        // It compiled when it was put; should a later release refuse it, no input fits, and none gets by.
        let schema = record.definition.inputSchema.map { (try? JSONSchema(compiling: $0)) ?? Self.nothing }
        let ready = ReadyAgent(
            version: record.version, program: record.definition.program, inputSchema: schema ?? nil)
        // What was read before a change may be what it changed.
        if changesBefore != changes { return ready }
        if agents.count >= capacity { agents = [:] }
        agents[place] = Entry(value: ready, until: now.adding(milliseconds: milliseconds))
        return ready
    }

    /// The workflow that a version of an agent is; nil if there is no such version, or this release does not run it.
    ///
    /// A version never changes, so what is compiled once is kept for as long as there is room.
    func workflow(
        _ agent: AgentName, version: Int64, in scope: Scope
    ) async throws(JournalError) -> WorkflowDefinition? {
        let place = VersionPlace(agent: AgentPlace(scope: scope, name: agent), version: version)
        if let workflow = workflows[place] { return workflow }
        guard let record = try await ports.directory.agent(agent, version: version, in: scope),
            let document = record.definition.definition
        else { return nil }
        // While the record was read, another session of this version may have come first.
        if let workflow = workflows[place] { return workflow }
        guard let workflow = try? WorkflowDefinition(document) else { return nil }
        let bytes = record.documentBytes
        if bytesOfWorkflows + bytes > Self.workflowBytes || workflows.count >= capacity {
            workflows = [:]
            bytesOfWorkflows = 0
        }
        workflows[place] = workflow
        bytesOfWorkflows += bytes
        return workflow
    }

    func forgetAgent(_ name: AgentName, in scope: Scope) {
        changes += 1
        agents[AgentPlace(scope: scope, name: name)] = nil
    }

    func forgetKey(_ id: String) {
        changes += 1
        keys[id] = nil
    }

    private static let nothing = try? JSONSchema(compiling: false)

    private func key(_ id: String) async throws(JournalError) -> KeyRecord? {
        let now = ports.clock.now()
        if let entry = keys[id], now < entry.until { return entry.value }
        let changesBefore = changes
        guard let record = try await ports.directory.key(id) else {
            keys[id] = nil
            return nil
        }
        // What was read before a change may be what it changed.
        if changesBefore != changes { return record }
        if keys.count >= capacity { keys = [:] }
        keys[id] = Entry(value: record, until: now.adding(milliseconds: milliseconds))
        return record
    }
}
