import HoldpointCore
import HoldpointPorts
import PostgresClient

/// The events of commits, a row for each commit; tenant and project come from the session's row, which the segment has
/// just inserted or updated.
///
/// An event on the feed has the place that its row's transaction and a number within it make: the batch's events on the
/// feed are counted from 1, and a row has the number of its last one.
struct LogRows: WriteRows {
    private var sessions: [Identifier128?] = []
    private var lasts: [Int64?] = []
    private var numbers: [Int32?] = []
    private var records: [[UInt8]?] = []
    private var feedCount: Int32 = 0

    /// Returns the transaction, if any of the rows is on the feed.
    static let statement = PostgresStatement(
        """
        with made as (
            insert into log(session, last, tenant, project, xid, n, record)
            select s.key, u.last, s.tenant, s.project,
                case when u.n is not null then pg_current_xact_id()::text::int8 end, u.n, u.record
            from unnest($1::uuid[], $2::int8[], $3::int4[], $4::bytea[]) as u(session, last, n, record)
            join sessions s on s.key = u.session
            returning xid)
        select max(xid), 1 / (count(*) = cardinality($1))::int4 from made
        """)

    var isEmpty: Bool { sessions.isEmpty }

    var parameters: [PostgresValue] {
        [.identifiers(sessions), .int8Array(lasts), .int4Array(numbers), .bytesArray(records)]
    }

    /// Takes a commit's events, of which there is at least one; returns the number of the last one on the feed.
    mutating func append(_ events: [RecordedEvent], of session: SessionKey) -> Int32? {
        let onFeed = Int32(clamping: events.count(where: \.isOnFeed))
        feedCount += onFeed
        let number = onFeed == 0 ? nil : feedCount
        sessions.append(session.value)
        lasts.append(events.last?.sequence)
        numbers.append(number)
        records.append(EventRecord.encode(events))
        return number
    }
}
