import EventLoop
import Glibc
import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import LocalStreams
import PostgresJournal
import RedisClient
import RedisStreams
import SealedSecrets

/// The servers of a distributed benchmark, as the environment names them.
struct DistributedServers {
    let postgres: String
    let redis: RedisConfiguration

    init() throws {
        guard let postgres = getenv("HOLDPOINT_POSTGRES"), let redis = getenv("HOLDPOINT_REDIS") else {
            throw BenchmarkFailure("HOLDPOINT_POSTGRES and HOLDPOINT_REDIS name an empty database and a server")
        }
        self.postgres = String(cString: postgres)
        self.redis = try RedisConfiguration(url: String(cString: redis))
    }
}

/// An engine in this process over Postgres and Redis, as the server has it, on a loop of its own.
struct DistributedNode: BenchmarkCaller {
    let engine: Engine
    let scope: Scope
    let agent: AgentName
    let executors: SharedExecutor
    private let journal: PostgresJournal
    private let streams: RedisStreams
    private let streamsLoop: EventLoop

    /// Opens a node; the first one makes the tables, the project and its agent.
    ///
    /// - Parameter keyFile: the key that all nodes seal under; the first node makes it.
    static func open(
        _ name: String, on servers: DistributedServers, _ expressions: any ExpressionEvaluator, keyFile: String,
        isFirst: Bool
    ) async throws -> DistributedNode {
        let thread = try BenchmarkThread.start()
        if isFirst { _ = try await PostgresSchema.current.migrate(servers.postgres, on: thread.loop) }
        // The database is on this machine, so that its time is this one.
        let clock = SystemClock()
        let node = try NodeName(name)
        let journal = try await PostgresJournal.open(
            PostgresJournalConfiguration(connectionString: servers.postgres), on: thread.loop, clock: clock)
        let streamsLoop = try EventLoop.start(name: "redis")
        let streams = RedisStreams(
            RedisStreamsConfiguration(redis: servers.redis, node: node), local: LocalStreams(), on: streamsLoop,
            from: thread.loop)
        let ports = EnginePorts(
            journal: journal, directory: journal, streams: streams, clock: clock, entropy: try SodiumEntropy(),
            hasher: SHA256Hasher(), secretBox: try SodiumSecretBox(keyFile: keyFile),
            signer: try SodiumSigner(existingKeyFile: keyFile), expressions: expressions,
            documents: JSONDocuments(), calls: NoCalls(), executors: thread.executors)
        let scope = Scope(tenant: try TenantName("bench"), project: try ProjectName("default"))
        if isFirst {
            _ = try await prepareScope(in: journal)
            _ = try await prepareAgent(of: scope, in: journal)
        }
        var configuration = EngineConfiguration(node: node)
        // Whoever answers elsewhere is to hear what came of it, however many wait before.
        configuration.outcomeWaitMilliseconds = 60_000
        return DistributedNode(
            engine: Engine(configuration: configuration, ports: ports), scope: scope,
            agent: try AgentName("external"), executors: thread.executors, journal: journal, streams: streams,
            streamsLoop: streamsLoop)
    }

    /// Runs `body` while the engine serves, and lets everything go.
    func serving(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: executors.continuations) { try await engine.run() }
            do {
                while await !isReady { try await Task.sleep(for: .milliseconds(5)) }
                try await body()
            } catch {
                await engine.stop()
                throw error
            }
            await engine.stop()
            try await group.waitForAll()
        }
        await streams.shutDown()
        try streamsLoop.stop()
        await journal.close()
    }

    /// Whether it decides, and reaches both servers.
    private var isReady: Bool {
        get async {
            let readiness = await engine.readiness()
            return readiness.isReady && readiness.degradations.isEmpty
        }
    }

    /// Waits until so many nodes live and each has its share of the shards.
    func awaitBalance(of count: Int) async throws {
        while true {
            let nodes = try await engine.nodes()
            if nodes.count == count, nodes.allSatisfy({ $0.isLive && $0.shards == Shard.all.count / count }) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
