extension PostgresSchema {
    /// What retiring sessions needs: policies, archived logs, and from where on each feed is whole.
    static let retention =
        [
            """
            create table retentions(
                project int8 primary key, tenant int8 not null, days int8 not null, mode text not null,
                foreign key(project, tenant) references projects(id, tenant))
            """,
            """
            create table archives(
                project int8 not null, tenant int8 not null, name text collate "C" not null, session uuid not null,
                retired int8 not null, page int4 not null, data bytea not null, primary key(project, name, page))
            """,
            """
            create table feed_starts(
                project int8 primary key, tenant int8 not null, xid int8 not null, n int4 not null)
            """,
            "create index sessions_ended on sessions(project, updated, key) where status in (3, 4, 5)",
            "create index commands_decided on commands(session) where outcome is not null",
            "create index idempotency_session on idempotency(session)",
            "create index feed_session on feed(session)",
        ]
        + ["retentions", "archives", "feed_starts"].flatMap { enginePolicies(of: $0) + [apiPolicy(of: $0)] }
        + [
            "grant select on retentions, archives, feed_starts to holdpoint_api",
            "grant select, insert on archives to holdpoint_engine",
            "grant select, insert, update, delete on retentions, feed_starts to holdpoint_engine",
            """
            grant delete on sessions, events, snapshots, requests, commands, idempotency, feed to holdpoint_engine
            """,
        ]

    /// Lets the row of a session change in place: then none of its indexes takes part.
    ///
    /// For that no index may be about a column that changes, and the page needs room for the row a second time.
    static let room = ["drop index sessions_ended", "alter table sessions set (fillfactor = 50)"]
}
