import HoldpointCore
import HoldpointPorts
import PostgresClient

/// What the last statements of a renewal say of the nodes and the shards.
struct LeaseView {
    /// A node whose lease has run out, and that nobody has fenced yet.
    struct Dead {
        let life: NodeLife
        let label: String
    }

    /// The epochs of the shards that are this life's.
    private(set) var epochs: [Shard: Int64] = [:]
    /// Those of them whose owner before died.
    private(set) var unclean: Set<Shard> = []
    /// How many shards each node owns whose lease stands.
    private(set) var owned: [String: Int] = [:]
    /// Nodes to fence.
    private(set) var dead: [Dead] = []
    /// The database's clock.
    private(set) var time = Timestamp(milliseconds: 0)
    /// The number of the latest forms of data that may be written.
    private(set) var formats: Int64 = 0

    /// How many statements `add` appends.
    static let statements = 4

    /// Appends the questions.
    static func add(for life: NodeLife, to segment: inout PostgresSegment) {
        segment.add(selectOwn, life.parameters)
        segment.add(selectOwned)
        segment.add(selectDead, life.parameters)
        segment.add(selectTime)
    }

    /// Reads the answers.
    init(_ results: some Collection<PostgresResult>) throws(PostgresError) {
        let answers = Array(results.suffix(Self.statements))
        guard answers.count == Self.statements, let clock = answers[3].rows.first else {
            throw .unexpectedValue(column: 0, .noSuchColumn)
        }
        for row in answers[0].rows {
            let shard = try row.shard(0)
            epochs[shard] = try row.integer(1)
            if try row.boolean(2) { unclean.insert(shard) }
        }
        for row in answers[1].rows { owned[try row.text(0)] = Int(try row.integer(1)) }
        for row in answers[2].rows {
            let life = NodeLife(node: try row.nodeName(0), incarnation: try row.integer(1))
            dead.append(Dead(life: life, label: try row.text(2)))
        }
        time = try clock.time(0)
        formats = try clock.integer(1)
    }

    private static let selectOwn = PostgresStatement(
        "select shard, epoch, unclean from shards where owner = $1 and incarnation = $2")
    private static let selectOwned = PostgresStatement(
        """
        select n.name, count(s.shard) from nodes n
        left join shards s on s.owner = n.name and s.incarnation = n.incarnation
        where not n.fenced and n.expires_at > clock_timestamp() group by n.name
        """)
    private static let selectDead = PostgresStatement(
        """
        select name, incarnation, label from nodes
        where not fenced and expires_at <= clock_timestamp() and not (name = $1 and incarnation = $2)
        order by expires_at
        """)
    private static let selectTime = PostgresStatement(
        "select floor(extract(epoch from clock_timestamp()) * 1000)::int8, formats from schema_version")
}

extension NodeLife {
    /// The parameters `$1` and `$2` of every statement about one life.
    var parameters: [PostgresValue] { [.text(node.text), .int8(incarnation)] }
}

extension PostgresRow {
    /// The name of a node.
    func nodeName(_ column: Int) throws(PostgresError) -> NodeName { try known(try? NodeName(text(column)), column) }
}
