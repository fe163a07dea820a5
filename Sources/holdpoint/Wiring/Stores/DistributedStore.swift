import EventLoop
import HoldpointPorts
import JSON
import LocalStreams
import PostgresJournal
import RESTAPI
import RedisClient
import RedisStreams

/// The store of a node that shares a Postgres database with others, and hears of them through Redis.
struct DistributedStore: NodeStore {
    let clock: any Clock
    let secretBox: any SecretBox
    let signer: any Signer
    private let database: PostgresJournal
    private let redis: RedisStreams
    /// Redis' own thread: putting its commands together would take a seventh of the engine's.
    private let streamsLoop: EventLoop

    var journal: any Journal { database }
    var directory: any Directory { database }
    var streams: any StreamBus { redis }
    var logMembers: [(String, JSONValue)] { [("store", "postgres"), ("streams", "redis")] }

    /// Opens both; Redis may be away, and come later.
    ///
    /// - Parameter loop: where the engine is to run; the connections to Postgres are on it, too.
    init(
        _ servers: StoreServers, for node: NodeName, fittings: any ServerFittings, on loop: EventLoop
    ) async throws(CommandFailure) {
        // What can be refused without a connection comes first.
        let place = try Self.redis(servers.redis, for: node)
        let box = try SharedSealingKey.box(at: servers.sealingKey)
        let signer = try SealingKey.signer(at: servers.sealingKey)
        let streamsLoop = try Self.startLoop()
        let streams = RedisStreams(place, local: LocalStreams(), on: streamsLoop, from: loop)
        let clock = StoreClock()
        var configuration = PostgresJournalConfiguration(connectionString: servers.postgres)
        configuration.leaseDuration = servers.lease
        configuration.readers = servers.readers
        configuration.release = Release.version
        let journal: PostgresJournal
        do throws(JournalUnusable) {
            journal = try await PostgresJournal.open(fittings.fit(configuration), on: loop, clock: clock)
        } catch {
            await Self.end(streams, on: streamsLoop)
            throw CommandFailure(error)
        }
        do throws(CommandFailure) {
            try await SharedSealingKey(box, path: servers.sealingKey).settle(in: journal)
            try await Self.set(clock, by: journal)
        } catch {
            await Self.end(streams, on: streamsLoop)
            await journal.close()
            throw error
        }
        self.clock = clock
        secretBox = box
        self.signer = signer
        database = journal
        redis = streams
        self.streamsLoop = streamsLoop
    }

    /// Nothing: another node might make it at the same moment.
    func makeFirstKey(_ given: APIKey?) async throws(CommandFailure) -> APIKey? { nil }

    func metrics() async -> [Metric] { await StoreMetrics.of(database, redis) }

    func close() async {
        await Self.end(redis, on: streamsLoop)
        await database.close()
    }

    private static func startLoop() throws(CommandFailure) -> EventLoop {
        do throws(EventLoopError) {
            return try EventLoop.start(name: "redis")
        } catch {
            throw CommandFailure(.failed, error.description)
        }
    }

    private static func end(_ streams: RedisStreams, on loop: EventLoop) async {
        await streams.shutDown()
        // It does not end in time only if something on it never returns; the process ends anyway.
        try? loop.stop()
    }

    private static func redis(
        _ url: String, for node: NodeName
    ) throws(CommandFailure) -> RedisStreamsConfiguration {
        do throws(RedisURLError) {
            return RedisStreamsConfiguration(redis: try RedisConfiguration(url: url), node: node)
        } catch {
            throw CommandFailure(.usage, "\(Setting.redis.flag): \(error)")
        }
    }

    /// Takes over the database's time before anything is dated.
    private static func set(_ clock: StoreClock, by journal: PostgresJournal) async throws(CommandFailure) {
        do throws(JournalError) {
            clock.agree(on: try await journal.time())
        } catch {
            throw CommandFailure(error)
        }
    }
}
