extension PostgresSchema {
    /// A row for each commit, in place of one for each event and another for each of them on the feed.
    ///
    /// `EventRecord` has its form.
    ///
    /// Rows of a few kilobytes are compressed, and stay with their row if that makes them small enough: rows elsewhere
    /// cost more than the compression saves.
    static let log =
        [
            // The number of the transaction comes first: whoever reads up to the oldest that still runs misses nothing.
            """
            create table log(
                session uuid not null, last int8 not null, tenant int8 not null, project int8 not null, xid int8,
                n int4, record bytea not null, primary key(session, last)) with (toast_tuple_target = 4080)
            """,
            "create index log_feed on log(project, xid, n) where n is not null",
            "alter table snapshots set (toast_tuple_target = 4080)",
            compression(of: "log", "record"), compression(of: "snapshots", "state"),
            "alter table events no force row level security", "alter table feed no force row level security",
            // Which events were committed together is not known any more.
            """
            insert into log(session, last, tenant, project, xid, n, record)
            select e.session, e.seq, e.tenant, e.project, f.xid, f.n,
                int4send(50 + octet_length(e.type) + octet_length(e.data)) || int8send(e.seq) || int8send(e.time)
                || case when e.on_feed then '\\x01'::bytea else '\\x00'::bytea end
                || substring(int2send(octet_length(e.type)::int2) from 2) || convert_to(e.type, 'UTF8')
                || e.chain || e.data
            from events e left join feed f on f.session = e.session and f.seq = e.seq
            """,
            "drop table feed", "drop table events", eventsOf, events,
        ] + enginePolicies(of: "log") + [apiPolicy(of: "log")] + [
            "grant select on log, events to holdpoint_api",
            "grant select, insert, delete on log to holdpoint_engine",
            "grant select on events to holdpoint_engine",
        ]

    /// Has a column compressed by LZ4, which takes a third of the time, where the server was built with it.
    private static func compression(of table: String, _ column: String) -> String {
        """
        do $$
        begin
            alter table \(table) alter column \(column) set compression lz4;
        exception when feature_not_supported then null;
        end
        $$
        """
    }

    /// The events of a record, as `EventRecord` writes it.
    private static let eventsOf = """
        create function events_of(record bytea)
            returns table(seq int8, "time" int8, type text, on_feed bool, chain bytea, data bytea)
            language plpgsql immutable strict parallel safe as $$
        declare
            bytes bytea := record || ''::bytea; -- once, and not anew for each part of it
            place int4 := 1;
            length int4;
            name int4;
        begin
            while place <= octet_length(bytes) loop
                length := ('x' || encode(substring(bytes from place for 4), 'hex'))::bit(32)::int4;
                name := get_byte(bytes, place + 20);
                seq := ('x' || encode(substring(bytes from place + 4 for 8), 'hex'))::bit(64)::int8;
                "time" := ('x' || encode(substring(bytes from place + 12 for 8), 'hex'))::bit(64)::int8;
                on_feed := get_byte(bytes, place + 19) = 1;
                type := convert_from(substring(bytes from place + 22 for name), 'UTF8');
                chain := substring(bytes from place + 22 + name for 32);
                data := substring(bytes from place + 54 + name for length - 50 - name);
                return next;
                place := place + 4 + length;
            end loop;
        end
        $$
        """

    /// The log event by event, for people who look into the database.
    private static let events = """
        create view events with (security_invoker = true) as
        select l.session, e.seq, l.tenant, l.project, e.time, e.type, e.on_feed, e.chain, e.data, l.xid
        from log l cross join lateral events_of(l.record) e
        """
}
