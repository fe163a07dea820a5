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
    private let database: PostgresJournal
    private let redis: RedisStreams

    var journal: any Journal { database }
    var directory: any Directory { database }
    var streams: any StreamBus { redis }
    var logMembers: [(String, JSONValue)] { [("store", "postgres"), ("streams", "redis")] }

    /// Opens both; Redis may be away, and come later.
    ///
    /// - Parameter loop: where the engine is to run; the connections are on it, too.
    init(
        _ servers: StoreServers, for node: NodeName, fittings: any ServerFittings, on loop: EventLoop
    ) async throws(CommandFailure) {
        // What can be refused without a connection comes first.
        let place = try Self.redis(servers.redis, for: node)
        let box = try SharedSealingKey.box(at: servers.sealingKey)
        let streams = RedisStreams(place, local: LocalStreams(), on: loop)
        let clock = StoreClock()
        var configuration = PostgresJournalConfiguration(connectionString: servers.postgres)
        configuration.leaseDuration = servers.lease
        configuration.readers = servers.readers
        configuration.release = Release.version
        let journal: PostgresJournal
        do throws(JournalUnusable) {
            journal = try await PostgresJournal.open(fittings.fit(configuration), on: loop, clock: clock)
        } catch {
            await streams.shutDown()
            throw CommandFailure(error)
        }
        do throws(CommandFailure) {
            try await SharedSealingKey(box, path: servers.sealingKey).settle(in: journal)
            try await Self.set(clock, by: journal)
        } catch {
            await streams.shutDown()
            await journal.close()
            throw error
        }
        self.clock = clock
        secretBox = box
        database = journal
        redis = streams
    }

    /// Nothing: another node might make it at the same moment.
    func makeFirstKey(_ given: APIKey?) async throws(CommandFailure) -> APIKey? { nil }

    func metrics() async -> [Metric] { await StoreMetrics.of(database, redis) }

    func close() async {
        await redis.shutDown()
        await database.close()
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
