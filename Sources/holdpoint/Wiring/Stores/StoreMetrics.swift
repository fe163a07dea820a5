import PostgresJournal
import RESTAPI
import RedisClient
import RedisStreams

/// What a node shows of the servers that it shares with others.
enum StoreMetrics {
    static func of(_ journal: PostgresJournal, _ streams: RedisStreams) async -> [Metric] {
        let status = await journal.status()
        func samples(_ count: (PostgresJournalStatus.Pool) -> Int) -> [Metric.Sample] {
            status.pools.map { Metric.Sample(count($0), [("pool", $0.name)]) }
        }
        return [
            Metric(
                gauge: "holdpoint_postgres_connections", "Connections to the database that stand, by pool.",
                samples: samples(\.connected)),
            Metric(
                gauge: "holdpoint_postgres_under_way", "What was sent to the database and is not answered, by pool.",
                samples: samples(\.underWay)),
            Metric(
                gauge: "holdpoint_postgres_waiting", "What waits for a connection to the database, by pool.",
                samples: samples(\.waiting)),
            Metric(
                counter: "holdpoint_feed_stalls",
                "Times when a long transaction of the database's cluster held the feeds back.", Int(status.feedStalls)),
            Metric(
                gauge: "holdpoint_redis_up", "1 while every connection to Redis stands, else 0.",
                streams.status.isUp ? 1 : 0),
            Metric(
                gauge: "holdpoint_redis_pending", "Commands to Redis that are not answered.", streams.status.pending),
            Metric(
                counter: "holdpoint_redis_dropped", "Messages to other nodes that did not reach Redis.",
                streams.dropped),
        ]
    }
}
