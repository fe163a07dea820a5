import HoldpointCore
import HoldpointPorts
import PostgresClient

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
