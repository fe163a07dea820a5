import HoldpointCore
import HoldpointPorts
import PostgresClient

/// Events; tenant and project come from the session's row, which the segment has just inserted or updated.
struct EventRows: WriteRows {
    private var sessions: [Identifier128?] = []
    private var sequences: [Int64?] = []
    private var times: [Int64?] = []
    private var types: [String?] = []
    private var isOnFeed: [Bool?] = []
    private var chains: [[UInt8]?] = []
    private var data: [[UInt8]?] = []

    static let statement = PostgresStatement(
        """
        with made as (
            insert into events(session, seq, tenant, project, time, type, on_feed, chain, data)
            select s.key, u.seq, s.tenant, s.project, u.time, u.type, u.on_feed, u.chain, u.data
            from unnest($1::uuid[], $2::int8[], $3::int8[], $4::text[], $5::bool[], $6::bytea[], $7::bytea[])
                as u(session, seq, time, type, on_feed, chain, data)
            join sessions s on s.key = u.session
            returning 1)
        select 1 / (count(*) = cardinality($1))::int4 from made
        """)

    var isEmpty: Bool { sessions.isEmpty }

    var parameters: [PostgresValue] {
        [
            .identifiers(sessions), .int8Array(sequences), .int8Array(times), .textArray(types),
            .booleanArray(isOnFeed), .bytesArray(chains), .bytesArray(data),
        ]
    }

    mutating func append(_ event: RecordedEvent, of session: SessionKey) {
        sessions.append(session.value)
        sequences.append(event.sequence)
        times.append(event.time.milliseconds)
        types.append(event.type.text)
        isOnFeed.append(event.isOnFeed)
        chains.append(event.chain.bytes)
        data.append(event.data)
    }
}

/// Places on the feeds of the batch's projects: the transaction, and a number within it that counts from 1.
struct FeedRows: WriteRows {
    private var sessions: [Identifier128?] = []
    private var sequences: [Int64?] = []
    private var numbers: [Int32?] = []

    /// Returns the transaction.
    static let statement = PostgresStatement(
        """
        with made as (
            insert into feed(project, tenant, xid, n, session, seq)
            select s.project, s.tenant, pg_current_xact_id()::text::int8, u.n, s.key, u.seq
            from unnest($1::uuid[], $2::int8[], $3::int4[]) as u(session, seq, n)
            join sessions s on s.key = u.session
            returning xid)
        select max(xid), 1 / (count(*) = cardinality($1))::int4 from made
        """)

    var isEmpty: Bool { sessions.isEmpty }
    var parameters: [PostgresValue] { [.identifiers(sessions), .int8Array(sequences), .int4Array(numbers)] }

    /// Returns the number that the event gets.
    mutating func append(_ event: RecordedEvent, of session: SessionKey) -> Int32 {
        let number = Int32(clamping: sessions.count + 1)
        sessions.append(session.value)
        sequences.append(event.sequence)
        numbers.append(number)
        return number
    }
}

/// Snapshots, each in the place of the session's last one.
struct SnapshotRows: WriteRows {
    private var sessions: [Identifier128?] = []
    private var codecs: [Int64?] = []
    private var sequences: [Int64?] = []
    private var chains: [[UInt8]?] = []
    private var digests: [[UInt8]?] = []
    private var states: [[UInt8]?] = []

    static let statement = PostgresStatement(
        """
        insert into snapshots as old (session, tenant, project, codec, seq, chain, digest, state)
        select s.key, s.tenant, s.project, u.codec, u.seq, u.chain, u.digest, u.state
        from unnest($1::uuid[], $2::int8[], $3::int8[], $4::bytea[], $5::bytea[], $6::bytea[])
            as u(session, codec, seq, chain, digest, state)
        join sessions s on s.key = u.session
        on conflict (session) do update set codec = excluded.codec, seq = excluded.seq, chain = excluded.chain,
            digest = excluded.digest, state = excluded.state
        where old.seq < excluded.seq
        """)

    var isEmpty: Bool { sessions.isEmpty }

    var parameters: [PostgresValue] {
        [
            .identifiers(sessions), .int8Array(codecs), .int8Array(sequences), .bytesArray(chains),
            .bytesArray(digests), .bytesArray(states),
        ]
    }

    mutating func append(_ snapshot: Snapshot, of session: SessionKey) {
        sessions.append(session.value)
        codecs.append(snapshot.codec)
        sequences.append(snapshot.sequence)
        chains.append(snapshot.chain.bytes)
        digests.append(snapshot.digest.bytes)
        states.append(snapshot.state)
    }
}
